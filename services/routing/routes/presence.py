"""/inbox/{id}/here: an open case says who else has it open, and whether it has changed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from services.routing.handlers.presence import look_around
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from services.routing.routes.inbox import PAGES
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)


@routes.post("/inbox/{followup_id}/here")
async def here(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    version: Annotated[int, Form()],
) -> Response:
    """Take the sign of life of a page that shows `version`; answer with its line of news."""
    program, now = await program_of(desk.programs, who), desk.clock.now()
    with problems():
        around = await look_around(
            desk.presences, who.tenant, followup_id, who.subject, who.name, now
        )
    context = {
        "others": around.others,
        "has_changed": around.version > version,
        "followup_id": followup_id,
        "zone": ZoneInfo(program.time_zone),
    }
    return PAGES.TemplateResponse(request, "case_here.html", context)
