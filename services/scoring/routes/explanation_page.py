"""/scoring/feedback/{id}: why one event was scored as it was, for people."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.scoring.explaining import explain
from services.scoring.routes.deps import Opened, Reader, problems
from services.scoring.routes.pages import PAGES

routes = APIRouter(include_in_schema=False)


@routes.get("/scoring/feedback/{feedback_id}")
async def show_explanation(
    request: Request, feedback_id: UUID, who: Reader, opened: Opened
) -> Response:
    """Show what the customer said, how it was scored, and why."""
    with problems():
        told = await explain(opened.pool, opened.programs, who.tenant, feedback_id)
    return PAGES.TemplateResponse(request, "explanation.html", {"told": told})
