"""/scoring/v1/reviews: feedback whose words and rating contradict each other, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from starlette.responses import Response

from services.scoring import reviewing
from services.scoring.domain.review import Contradiction, Decided, Decision, Reviewable, Wish
from services.scoring.routes.deps import Opened, Reader, Reviewer, problems
from services.scoring.routes.schemas import DecisionView, decision_view
from shared.clock import SystemClock
from shared.contracts.events import Category, Judgement, Rating, Text
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.preconditions import etag, expected_version

PREFIX = "/scoring/v1/reviews"
MOST_IN_A_LIST = 200
POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])

routes = APIRouter(prefix=PREFIX, tags=["reviews"])

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in", **_PROBLEM},
    404: {"description": "Nothing to review, or another tenant's", **_PROBLEM},
}
_POST_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_PROBLEMS,
    403: {"description": "Team leads and CX admins decide", **_PROBLEM},
    412: {"description": "Somebody decided meanwhile", **_PROBLEM},
    422: {"description": "Something is missing or wrong", **_PROBLEM},
    428: {"description": "If-Match is missing", **_PROBLEM},
}


class DecisionWish(BaseModel):
    """What somebody decides: the words are right, the rating is, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Decision
    note: Text | None = None


class ReviewView(BaseModel):
    """Feedback in the queue. `version` is its ETag: 0 before anybody decided."""

    feedback_id: UUID
    version: int
    contradiction: Contradiction
    received_at: AwareDatetime
    occurred_at: AwareDatetime
    customer_id: str
    touchpoint: str
    language: str | None
    text: str | None
    rating: Rating | None
    category: Category
    sentiment: Judgement | None
    decisions: list[DecisionView]


class ReviewCounts(BaseModel):
    """How much of the queue waits, and how much was decided on."""

    open: int
    decided: int


class ReviewList(BaseModel):
    """A part of the queue; `next` is the cursor of the following part, null at the end."""

    items: list[ReviewView]
    next: str | None
    counts: ReviewCounts


@routes.get("", responses={401: _PROBLEMS[401]})
async def list_reviews(
    opened: Opened,
    who: Reader,
    *,
    state: Literal["open", "decided"] = "open",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_IN_A_LIST)] = 50,
) -> ReviewList:
    """List the queue, the oldest first; of each only the decision that holds."""
    after = decode_cursor(cursor, POSITION) if cursor else None
    queue = await reviewing.read_queue(
        opened.pool, who.tenant, decided=state == "decided", after=after, limit=limit
    )
    return ReviewList(
        items=[_view(item, [item.decided] if item.decided else []) for item in queue.items],
        next=cursor_of(queue),
        counts=ReviewCounts(open=queue.counts.open, decided=queue.counts.decided),
    )


@routes.get("/{feedback_id}", responses=_PROBLEMS)
async def show_review(
    feedback_id: UUID, response: Response, opened: Opened, who: Reader
) -> ReviewView:
    """Return one feedback with every decision; its ETag is what a decision names in If-Match."""
    with problems():
        item, decisions = await reviewing.read_review(opened.pool, who.tenant, feedback_id)
    response.headers["ETag"] = etag(item.version)
    return _view(item, decisions)


@routes.post("/{feedback_id}", status_code=201, responses=_POST_PROBLEMS)
async def decide(
    feedback_id: UUID,
    wish: DecisionWish,
    response: Response,
    opened: Opened,
    who: Reviewer,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> DecisionView:
    """Decide what is right. A second decision is kept beside the first one, and holds."""
    asked = Wish(
        feedback_id=feedback_id,
        version=expected_version(if_match),
        decision=wish.decision,
        note=(wish.note or "").strip() or None,
        actor=who.subject,
        actor_name=who.name,
        key=idempotency_key,
    )
    with problems():
        outcome = await reviewing.decide(opened.pool, who.tenant, asked, SystemClock().now())
    response.headers["ETag"] = etag(outcome.decided.version)
    if outcome.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return decision_view(outcome.decided)


def cursor_of(queue: reviewing.Queue) -> str | None:
    """Return the cursor of what follows, None at the end."""
    return encode_cursor((queue.next[0].isoformat(), queue.next[1])) if queue.next else None


def _view(item: Reviewable, decisions: Sequence[Decided]) -> ReviewView:
    event = item.event
    return ReviewView(
        feedback_id=event.feedback_id,
        version=item.version,
        contradiction=item.contradiction,
        received_at=event.received_at,
        occurred_at=event.feedback.occurred_at,
        customer_id=event.feedback.customer_id,
        touchpoint=event.feedback.touchpoint,
        language=event.language,
        text=event.feedback.text,
        rating=event.feedback.rating,
        category=event.score.category,
        sentiment=event.sentiment,
        decisions=[decision_view(one) for one in decisions],
    )
