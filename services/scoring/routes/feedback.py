"""Why a feedback event was scored as it was."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel

from services.scoring.adapters.postgres import message_of
from services.scoring.bootstrap import Reading
from shared.contracts.events import Category, FeedbackScored, Severity
from shared.web.auth import Principal, signed_in
from shared.web.problems import NotFoundProblem

PREFIX = "/scoring/v1"
routes = APIRouter(prefix=PREFIX, tags=["feedback"])


class Explanation(BaseModel):
    """The score of one feedback event and what decided it.

    `condition` is the rule's own, as it stands in that version of the program; absent where no
    rule of the program decided.
    """

    feedback_id: UUID
    received_at: AwareDatetime
    occurred_at: AwareDatetime
    customer_id: str
    touchpoint: str
    language: str | None
    category: Category
    severity: Severity
    flagged: bool
    rule: str | None
    condition: str | None
    reason: str
    program_version: int


def reading(request: Request) -> Reading:
    """Give what the app has open."""
    opened: Reading = request.app.state.reading
    return opened


@routes.get("/feedback/{feedback_id}", response_model_exclude_none=True)
async def explain(
    feedback_id: UUID,
    principal: Annotated[Principal, Depends(signed_in())],
    opened: Annotated[Reading, Depends(reading)],
) -> Explanation:
    """Say how a feedback event was scored, by which rule of which program, and why."""
    message = await message_of(opened.pool, principal.tenant, feedback_id)
    if message is None:
        raise NotFoundProblem(
            f"There is no feedback {feedback_id}.",
            remedy="It may not have been scored yet: look again in a second.",
        )
    scored = FeedbackScored.model_validate_json(message).data
    score = scored.score
    program = await opened.programs.version(principal.tenant, score.program_version)
    conditions = {rule.id: rule.when for rule in program.rules} if program else {}
    return Explanation(
        feedback_id=feedback_id,
        received_at=scored.received_at,
        occurred_at=scored.feedback.occurred_at,
        customer_id=scored.feedback.customer_id,
        touchpoint=scored.feedback.touchpoint,
        language=scored.language,
        condition=conditions.get(score.rule or ""),
        **score.model_dump(),
    )
