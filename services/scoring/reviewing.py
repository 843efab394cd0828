"""The review queue: what people look at, and one decision in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.scoring.adapters import reviews
from services.scoring.adapters.reviews import Counts, Position
from services.scoring.domain.review import Decided, Reviewable, Wish
from services.scoring.errors import ReusedKeyError, StaleReviewError, UnknownFeedbackError
from shared.postgres.pool import Connection, Pool
from shared.postgres.tenancy import tenant_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A part of the queue; `next` is where the following part begins, None at the end."""

    items: Sequence[Reviewable]
    counts: Counts
    next: Position | None


class Reviewed(NamedTuple):
    """One feedback with every decision on it, the first one first."""

    item: Reviewable
    decisions: Sequence[Decided]


class Outcome(NamedTuple):
    """The decision that a request led to; `replayed` when an earlier one had made it."""

    decided: Decided
    replayed: bool


async def read_queue(
    pool: Pool, tenant: str, *, decided: bool, after: Position | None, limit: int
) -> Queue:
    """Return up to `limit` of those that were decided on or not, the oldest first."""
    async with tenant_transaction(pool, tenant) as connection:
        found = await reviews.page(connection, decided=decided, after=after, limit=limit + 1)
        shown = found[:limit]
        last = shown[-1].event if len(found) > limit else None
        return Queue(
            items=shown,
            counts=await reviews.count(connection),
            next=(last.received_at, last.feedback_id) if last else None,
        )


async def read_review(pool: Pool, tenant: str, feedback_id: UUID) -> Reviewed:
    """Return one feedback with its decisions; raises UnknownFeedbackError."""
    async with tenant_transaction(pool, tenant) as connection:
        return await _read(connection, feedback_id)


async def decide(pool: Pool, tenant: str, wish: Wish, now: datetime) -> Outcome:
    """Keep what somebody decides, beside every earlier decision.

    A repeat under the same key gets the first one's outcome. Raises UnknownFeedbackError where
    nothing is to be reviewed, StaleReviewError when somebody was quicker, ReusedKeyError for a
    key of another request; then nothing has changed.
    """
    async with tenant_transaction(pool, tenant) as connection:
        if known := await _repeated(connection, wish):
            return Outcome(known, replayed=True)
        item, earlier = await _read(connection, wish.feedback_id)
        decided = wish.decided(item.contradiction, now)
        if len(earlier) == wish.version and await reviews.add(connection, wish, decided):
            return Outcome(decided, replayed=False)
        # The same request may have come twice at once: then the other one has kept it.
        if known := await _repeated(connection, wish):
            return Outcome(known, replayed=True)
        raise StaleReviewError(len(await reviews.decisions(connection, wish.feedback_id)))


async def _read(connection: Connection, feedback_id: UUID) -> Reviewed:
    item = await reviews.find(connection, feedback_id)
    if item is None:
        raise UnknownFeedbackError(
            f"There is nothing to review about feedback {feedback_id}.",
            remedy="The queue holds feedback whose words and rating contradict each other.",
        )
    decisions = await reviews.decisions(connection, feedback_id)
    return Reviewed(replace(item, decided=decisions[-1] if decisions else None), decisions)


async def _repeated(connection: Connection, wish: Wish) -> Decided | None:
    found = await reviews.by_key(connection, wish.actor, wish.key) if wish.key else None
    if found is None:
        return None
    feedback_id, decided = found
    asked = (wish.feedback_id, wish.version + 1, wish.decision, wish.note)
    if (feedback_id, decided.version, decided.decision, decided.note) != asked:
        raise ReusedKeyError(
            "This Idempotency-Key was used for another request.",
            remedy="Use a new key for each new request.",
        )
    return decided
