"""/followups/v1/followups/{id}/merge and /split: two of a customer's follow-ups, one or two."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.followup import FollowUp, StaleVersionError
from services.routing.domain.merging import Belonging, Person
from services.routing.domain.ports import Answer
from services.routing.errors import NotMergeableError, RoutingError
from services.routing.handlers.merging import MergeRequest, Seen, change_pair, read_belonging
from services.routing.routes.case import refused_page
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems, response_of
from services.routing.routes.followups import PATCH_PROBLEMS, PREFIX, PROBLEMS
from services.routing.routes.schemas import FollowUpView, Taken, view_of
from shared.contracts.events import Moment, Name, Text
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

api = APIRouter(prefix=PREFIX, tags=["follow-ups"])
pages = APIRouter(include_in_schema=False)

Act = Literal["merge", "split"]
Version = Annotated[int, Field(ge=1, le=999_999_999)]


class MergeWish(Taken):
    """The older follow-up that it goes, or went, `into`, at the `version` that was seen."""

    into: UUID
    version: Version
    note: Text | None = None


class Both(BaseModel):
    """The follow-up, and the older one that it is or was merged into, after the change."""

    followup: FollowUpView
    into: FollowUpView


class MergedIntoView(BaseModel):
    """Into which follow-up it went, when, and who merged it.

    `survivor` is the one that stands by itself: another one where that was merged on.
    """

    followup_id: UUID
    survivor: UUID
    merged_at: Moment
    by: str
    by_name: str


class BelongingView(BaseModel):
    """What belongs together with a follow-up.

    `merged_into` is null when it stands by itself; `merged` are those that went into it,
    `candidates` those that it can be merged with now, the younger into the older.
    """

    merged_into: MergedIntoView | None
    merged: list[FollowUpView]
    candidates: list[FollowUpView]


@api.get("/followups/{followup_id}/merge", responses=PROBLEMS)
async def show_merge(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> BelongingView:
    """Return into what a follow-up is merged, what is merged into it, and what could be."""
    with problems():
        found = await read_belonging(desk.merges, who.tenant, followup_id)
    return BelongingView(
        merged_into=_into(found),
        merged=[view_of(one) for one in found.merged],
        candidates=[view_of(one) for one in found.candidates],
    )


@api.post("/followups/{followup_id}/merge", response_model=Both, responses=PATCH_PROBLEMS)
async def merge_followup(
    followup_id: UUID,
    wish: MergeWish,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Merge a follow-up into an older one of its customer: one answer, the earlier deadline.

    Both have to be open, about one touchpoint, opened within seven days, and theirs who merges.
    """
    return await _answered(
        desk, who, _request("merge", followup_id, wish, who, if_match, idempotency_key)
    )


@api.post("/followups/{followup_id}/split", response_model=Both, responses=PATCH_PROBLEMS)
async def split_followup(
    followup_id: UUID,
    wish: MergeWish,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Split a merged follow-up off again: as it was, with the deadlines that it would have had."""
    return await _answered(
        desk, who, _request("split", followup_id, wish, who, if_match, idempotency_key)
    )


class MergeForm(BaseModel):
    """What the case page's form sends: both as it showed them; `version` is of its own one."""

    do: Act
    younger: UUID
    younger_version: int
    older: UUID
    older_version: int
    version: int
    key: Name

    def seen(self) -> tuple[Seen, Seen]:
        """Return both at the versions that the page showed, the younger one first."""
        return (self.younger, self.younger_version), (self.older, self.older_version)


@pages.post("/inbox/{followup_id}/merge")
async def merge_case(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[MergeForm, Form()],
) -> Response:
    """Merge or split as the page's form asks, and show the one that stands by itself."""
    younger, older = form.seen()
    wish = MergeRequest(
        tenant=who.tenant,
        act=form.do,
        younger=younger,
        older=older,
        person=_person(who),
        key=form.key,
    )
    try:
        await _changed(desk, who, wish)
    except RoutingError as error:
        refused = Refused(
            form=CaseForm(version=form.version, do=form.do), error=_shown(error, followup_id)
        )
        return await refused_page(request, desk, who, followup_id, refused)
    place = form.older if form.do == "merge" else followup_id
    return RedirectResponse(f"/inbox/{place}?done={form.do}", status_code=HTTPStatus.SEE_OTHER)


def _shown(error: RoutingError, followup_id: UUID) -> RoutingError:
    """Return the refusal as the page of one of the two tells it."""
    if isinstance(error, StaleVersionError) and error.current.followup_id != followup_id:
        return NotMergeableError(
            "The other follow-up was changed meanwhile.", remedy="Look at it below and try again."
        )
    return error


def _request(
    act: Act, followup_id: UUID, wish: MergeWish, who: Principal, if_match: str | None, key: str
) -> MergeRequest:
    return MergeRequest(
        tenant=who.tenant,
        act=act,
        younger=(followup_id, expected_version(if_match)),
        older=(wish.into, wish.version),
        person=_person(who),
        note=wish.note,
        key=key,
    )


async def _answered(desk: Desk, who: Principal, request: MergeRequest) -> Response:
    with problems():
        answer = await _changed(desk, who, request)
    return response_of(answer)


async def _changed(desk: Desk, who: Principal, request: MergeRequest) -> Answer:
    program = await program_of(desk.programs, who)
    return await change_pair(
        desk.merges, request, program=program, now=desk.clock.now(), answer_of=_both
    )


def _both(younger: FollowUp, older: FollowUp) -> Answer:
    body = Both(followup=view_of(younger), into=view_of(older)).model_dump_json()
    return Answer(status=HTTPStatus.OK, body=body, etag=etag(younger.version))


def _person(who: Principal) -> Person:
    return Person(actor=actor_of(who), name=who.name)


def _into(found: Belonging) -> MergedIntoView | None:
    if found.into is None or found.survivor is None:
        return None
    return MergedIntoView(
        followup_id=found.into.into,
        survivor=found.survivor.followup_id,
        merged_at=found.into.merged_at,
        by=found.into.by,
        by_name=found.into.by_name,
    )
