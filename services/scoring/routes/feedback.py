"""/scoring/v1/feedback: why a feedback event was scored as it was, for programs."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from services.scoring.explaining import explain
from services.scoring.routes.deps import Opened, Reader, problems
from services.scoring.routes.schemas import ExplanationView, view_of

PREFIX = "/scoring/v1"
routes = APIRouter(prefix=PREFIX, tags=["feedback"])


@routes.get("/feedback/{feedback_id}")
async def explain_feedback(feedback_id: UUID, who: Reader, opened: Opened) -> ExplanationView:
    """Say how a feedback event was scored, by which rule of which program, and why."""
    with problems():
        return view_of(await explain(opened.pool, opened.programs, who.tenant, feedback_id))
