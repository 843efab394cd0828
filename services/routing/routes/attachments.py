"""/followups/v1/followups/{id}/attachments: files of a case, added and read; also by its page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Header, UploadFile
from fastapi import File as FormFile
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.attachments import (
    ATTACHED,
    LARGEST_FILE_BYTES,
    Attachment,
    File,
    accepted,
)
from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import Answer
from services.routing.errors import RoutingError
from services.routing.handlers.attaching import attach, list_files, read_file
from services.routing.handlers.changing import ChangeRequest
from services.routing.routes.case import refused_page
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems, response_of
from services.routing.routes.followups import PATCH_PROBLEMS, PREFIX, PROBLEMS
from services.routing.routes.schemas import FollowUpView, view_of
from shared.contracts.events import Moment, Text
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

api = APIRouter(prefix=PREFIX, tags=["follow-ups"])
pages = APIRouter(include_in_schema=False)

#: A file and what a form sends with it.
MAX_BODY_BYTES = LARGEST_FILE_BYTES + 256 * 1024
#: It is handed over to be kept, whatever it is: no browser opens it as a page of ours.
_DOWNLOAD = {"Content-Security-Policy": "default-src 'none'; sandbox"}
_BINARY = "application/octet-stream"


class AttachmentView(BaseModel):
    """A file that was added at `version`; `size` in bytes, `sha256` in hexadecimal digits.

    Of an erased one, the name is empty.
    """

    attachment_id: UUID
    version: int
    name: str
    size: int
    sha256: str
    by: str
    at: Moment
    erased_at: Moment | None


class AttachmentList(BaseModel):
    """All files of a follow-up, oldest first."""

    items: list[AttachmentView]


class AttachmentAdded(BaseModel):
    """The file, and the follow-up after it."""

    attachment: AttachmentView
    followup: FollowUpView


@api.get("/followups/{followup_id}/attachments", responses=PROBLEMS)
async def list_attachments(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> AttachmentList:
    """Return the files of a follow-up."""
    with problems():
        found = await list_files(desk.attachments, who.tenant, followup_id)
    return AttachmentList(items=[_view_of(one) for one in found])


@api.get(
    "/followups/{followup_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={**PROBLEMS, 200: {"content": {_BINARY: {}}, "description": "The file"}},
)
async def read_attachment(
    followup_id: UUID, attachment_id: UUID, desk: DeskOfRequest, who: Staff
) -> Response:
    """Return a file as it was handed in."""
    with problems():
        found = await read_file(desk.attachments, who.tenant, followup_id, attachment_id)
    # RFC 6266 with RFC 8187: a name in any script, and nothing in it that ends the header.
    name = quote(found.name, safe="")
    disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(found.content, media_type=_BINARY, headers={**_DOWNLOAD, **disposition})


@api.post(
    "/followups/{followup_id}/attachments",
    response_model=AttachmentAdded,
    status_code=HTTPStatus.CREATED,
    responses=PATCH_PROBLEMS,
)
async def add_attachment(
    followup_id: UUID,
    file: Annotated[UploadFile, FormFile()],
    desk: DeskOfRequest,
    who: Staff,
    *,
    note: Annotated[Text, Form()] = "",
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Add a file of up to 10 MB to a follow-up. It stays: erasing is the customer's."""
    with problems():
        added = accepted(file.filename or "", await file.read())
        answer = await _attached(
            desk,
            who,
            _wish(who, followup_id, expected_version(if_match), added, note, idempotency_key),
            added,
        )
    return response_of(answer)


@pages.post("/inbox/{followup_id}/attachments")
async def attach_here(  # noqa: PLR0913  (the fields of its form)
    request: Request,
    followup_id: UUID,
    file: Annotated[UploadFile, FormFile()],
    desk: DeskOfRequest,
    who: Staff,
    *,
    version: Annotated[int, Form()],
    note: Annotated[Text, Form()] = "",
    key: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Add the file of the page's form; refused, show the page again with the note."""
    try:
        added = accepted(file.filename or "", await file.read())
        await _attached(desk, who, _wish(who, followup_id, version, added, note, key), added)
    except RoutingError as error:
        form = CaseForm(version=version, do=ATTACHED, note=note)
        return await refused_page(request, desk, who, followup_id, Refused(form=form, error=error))
    place = f"/inbox/{followup_id}?done={ATTACHED}"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def _wish(
    who: Principal, followup_id: UUID, version: int, file: File, note: str, key: str
) -> ChangeRequest:
    return ChangeRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=version,
        command=ChangeFollowUp(file=file, note=note.strip() or None),
        actor=actor_of(who),
        actor_name=who.name,
        key=key,
    )


async def _attached(desk: Desk, who: Principal, wish: ChangeRequest, file: File) -> Answer:
    program = await program_of(desk.programs, who)
    return await attach(
        desk.attachments, wish, file, program=program, now=desk.clock.now(), answer_of=_answer
    )


def _answer(followup: FollowUp, attachment: Attachment) -> Answer:
    added = AttachmentAdded(attachment=_view_of(attachment), followup=view_of(followup))
    return Answer(
        status=HTTPStatus.CREATED, body=added.model_dump_json(), etag=etag(followup.version)
    )


def _view_of(attachment: Attachment) -> AttachmentView:
    return AttachmentView(
        attachment_id=attachment.attachment_id,
        version=attachment.version,
        name=attachment.name,
        size=attachment.size,
        sha256=attachment.digest.hex(),
        by=attachment.by,
        at=attachment.at,
        erased_at=attachment.erased_at,
    )
