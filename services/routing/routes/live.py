"""/inbox/live: tells an open inbox when what it shows may have changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.routing.adapters.live import DeafError, Live
from services.routing.bootstrap import Desk
from services.routing.domain.watching import Interest
from services.routing.routes.asked import View, Wanted, teams_of, view_for, wanted
from services.routing.routes.deps import DeskOfRequest, Staff
from shared.errors import TransientError
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.programs import program_of

#: Changes within this time of each other are one event: a busy hour is not a storm.
GATHER_S = 0.2
PING_EVERY_S = 10
TRY_AGAIN_MS = 2_000

routes = APIRouter(include_in_schema=False)


@routes.get("/inbox/live")
async def live_inbox(
    desk: DeskOfRequest,
    who: Staff,
    asked: Annotated[Wanted, Depends(wanted)],
    *,
    at: str = "",
    last_event_id: Annotated[str, Header()] = "",
) -> EventSourceResponse:
    """Stream an event `changed` whenever a page of this address may look different.

    `at`, or the header Last-Event-ID of a browser that comes back, is the place that the page
    shows; an event comes at once when it is not the present one.
    """
    if not desk.live.hears:
        raise TransientError("Changes are not heard at present.")
    program = await program_of(desk.programs, who)
    interest = interest_of(asked.view or view_for(who, program), who, program)
    return EventSourceResponse(
        _changes(desk, interest, last_event_id or at), ping=PING_EVERY_S, sep="\n"
    )


def interest_of(view: View, who: Principal, program: Program) -> Interest:
    """Return what a view shows, as changes are told."""
    match view:
        case "mine":
            return Interest(tenant=who.tenant, owners={who.subject})
        case "team":
            return Interest(tenant=who.tenant, teams=set(teams_of(who, program)))
        case "unowned":
            return Interest(tenant=who.tenant, owners={None})
        case "all":
            return Interest(tenant=who.tenant)


async def _changes(desk: Desk, interest: Interest, seen: str) -> AsyncIterator[ServerSentEvent]:
    with desk.live.watching(interest) as watcher:
        if seen != desk.live.place(interest.tenant):
            yield _changed(desk.live, interest)
        while True:
            try:
                await watcher.change(gather_s=GATHER_S)
            except DeafError:
                return
            yield _changed(desk.live, interest)


def _changed(live: Live, interest: Interest) -> ServerSentEvent:
    place = live.place(interest.tenant)
    return ServerSentEvent(data=place, event="changed", id=place, retry=TRY_AGAIN_MS)
