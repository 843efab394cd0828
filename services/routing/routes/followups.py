"""/followups/v1: follow-ups for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime, TypeAdapter
from starlette.responses import Response

from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import Answer, Filter
from services.routing.handlers import reading
from services.routing.handlers.changing import ChangeRequest, change_followup
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems, response_of
from services.routing.routes.promise_schemas import FollowUpDetail, detail_of
from services.routing.routes.schemas import (
    FollowUpList,
    FollowUpPatch,
    FollowUpView,
    History,
    change_view_of,
    counts_of,
    view_of,
)
from shared.contracts.events import FollowUpState, Name, Severity
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

PREFIX = "/followups/v1"
MOST_IN_A_LIST = 200

routes = APIRouter(prefix=PREFIX, tags=["follow-ups"])

_POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in", **_PROBLEM},
    404: {"description": "No such follow-up, or another tenant's", **_PROBLEM},
}
PATCH_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    403: {"description": "Not yours to change", **_PROBLEM},
    409: {"description": "The state can't be reached; `allowed` lists what can", **_PROBLEM},
    412: {"description": "Changed meanwhile; `current` is how it stands", **_PROBLEM},
    422: {"description": "Something is missing or wrong; `errors` lists it", **_PROBLEM},
    428: {"description": "If-Match is missing", **_PROBLEM},
}


@routes.get("/followups", responses={401: PROBLEMS[401]})
async def list_followups(  # noqa: PLR0913  (each is a query parameter)
    desk: DeskOfRequest,
    who: Staff,
    *,
    state: Annotated[list[FollowUpState] | None, Query()] = None,
    owner: Annotated[Name | None, Query()] = None,
    team: Annotated[Name | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    touchpoint: Annotated[Name | None, Query()] = None,
    language: Annotated[Name | None, Query()] = None,
    segment: Annotated[Name | None, Query()] = None,
    rule: Annotated[Name | None, Query(description="The rule that flagged it")] = None,
    issue_id: Annotated[
        UUID | None, Query(description="The systemic issue that somebody linked it to")
    ] = None,
    q: Annotated[
        Name | None,
        Query(description="Up to three words of what was said, a name or an id; open ones only"),
    ] = None,
    open: Annotated[bool, Query(description="Only those that need somebody")] = False,
    assigned_as_last_resort: Annotated[
        bool | None, Query(description="Whether nobody of the team could be given it")
    ] = None,
    escalated: Annotated[
        bool | None, Query(description="Whether the lead or the head was told, in this round")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_IN_A_LIST)] = 50,
) -> FollowUpList:
    """List follow-ups, those that fall due first in front."""
    wanted = Filter(
        open_only=open or bool(q),
        states=state,
        owner=owner,
        teams=[team] if team else None,
        severities=severity,
        touchpoint=touchpoint,
        last_resort=assigned_as_last_resort,
        escalated=escalated,
        language=language,
        segment=segment,
        rule=rule,
        issue_id=issue_id,
        words=(q or "").split(),
    )
    after = decode_cursor(cursor, _POSITION) if cursor else None
    page = await reading.list_followups(
        desk.transactions, who.tenant, wanted, after=after, limit=limit
    )
    return FollowUpList(
        items=[view_of(followup) for followup in page.followups],
        next=encode_cursor((page.next[0].isoformat(), page.next[1])) if page.next else None,
        counts=counts_of(page),
    )


@routes.get("/followups/{followup_id}", responses=PROBLEMS)
async def show_followup(
    followup_id: UUID, response: Response, desk: DeskOfRequest, who: Staff
) -> FollowUpDetail:
    """Return one follow-up; its ETag is what a change names in If-Match."""
    with problems():
        case = await reading.read_case(desk.transactions, who.tenant, followup_id)
    response.headers["ETag"] = etag(case.followup.version)
    return await detail_of(desk, who, case)


@routes.get("/followups/{followup_id}/history", responses=PROBLEMS)
async def show_history(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> History:
    """Return everything that happened to one follow-up, oldest first."""
    with problems():
        case = await reading.read_case(desk.transactions, who.tenant, followup_id)
    return History(items=[change_view_of(entry) for entry in case.history])


@routes.patch("/followups/{followup_id}", response_model=FollowUpView, responses=PATCH_PROBLEMS)
async def patch_followup(
    followup_id: UUID,
    patch: FollowUpPatch,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Change a follow-up: its state, owner, resolution, or add a note."""
    request = ChangeRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=expected_version(if_match),
        command=patch.command(),
        actor=actor_of(who),
        actor_name=who.name,
        key=idempotency_key,
    )
    program = await program_of(desk.programs, who)
    with problems():
        answer = await change_followup(
            desk.transactions, request, program=program, now=desk.clock.now(), answer_of=answer_of
        )
    return response_of(answer)


def answer_of(followup: FollowUp) -> Answer:
    """Return what a successful change is answered with."""
    return Answer(status=200, body=view_of(followup).model_dump_json(), etag=etag(followup.version))
