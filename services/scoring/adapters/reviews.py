"""The review queue in PostgreSQL, in the transaction of one tenant. None of this commits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from services.scoring.domain.review import Decided, Reviewable, Wish
from shared.contracts.events import FeedbackScored
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "reviews.sql")

#: Where a page of the queue ended: when the feedback was received, and which it is.
Position = tuple[datetime, UUID]
_DECIDED = ("version", "decision", "sentiment", "note", "actor", "actor_name", "decided_at")


class Counts(NamedTuple):
    """How much of the queue waits for a decision, and how much has one."""

    open: int
    decided: int


class Confirmed(NamedTuple):
    """A text and the sentiment that a person says it has: a label to learn from."""

    feedback_id: UUID
    received_at: datetime
    language: str | None
    text: str
    sentiment: str


async def page(
    connection: Connection, *, decided: bool, after: Position | None, limit: int
) -> list[Reviewable]:
    """Return up to `limit` of those decided on or not, the oldest first, behind `after`."""
    rows = await connection.fetch(QUERIES["list_reviews"], decided, *(after or (None, None)), limit)
    return [_reviewable(row, _decided(row) if row["version"] is not None else None) for row in rows]


async def count(connection: Connection) -> Counts:
    """Return how long the queue is."""
    row = await connection.fetchrow(QUERIES["count_reviews"])
    return Counts(*row) if row else Counts(0, 0)


async def find(connection: Connection, feedback_id: UUID) -> Reviewable | None:
    """Return what is to be reviewed, None where there is nothing; without its decisions."""
    row = await connection.fetchrow(QUERIES["reviewable"], feedback_id)
    return _reviewable(row, None) if row else None


async def decisions(connection: Connection, feedback_id: UUID) -> list[Decided]:
    """Return every decision on one feedback, the first one first."""
    return [_decided(row) for row in await connection.fetch(QUERIES["decisions"], feedback_id)]


async def add(connection: Connection, wish: Wish, decided: Decided) -> bool:
    """Keep a decision; tell whether it was kept, and not forestalled or repeated."""
    version = await connection.fetchval(
        QUERIES["decide"],
        wish.feedback_id,
        decided.version,
        decided.decision,
        decided.sentiment,
        decided.note,
        decided.actor,
        decided.actor_name,
        decided.decided_at,
        wish.key or None,
    )
    return version is not None


async def by_key(connection: Connection, actor: str, key: str) -> tuple[UUID, Decided] | None:
    """Return what `actor` decided under the idempotency key, and on which feedback."""
    row = await connection.fetchrow(QUERIES["decided_by_key"], actor, key)
    return (row["feedback_id"], _decided(row)) if row else None


async def confirmed_sentiments(connection: Connection, since: datetime) -> list[Confirmed]:
    """Return the texts received from `since` on whose sentiment a person has confirmed."""
    rows = await connection.fetch(QUERIES["confirmed_sentiments"], since)
    return [Confirmed(*row) for row in rows]


def _reviewable(row: Record, decided: Decided | None) -> Reviewable:
    event = FeedbackScored.model_validate_json(row["message"]).data
    return Reviewable(contradiction=row["review"], event=event, decided=decided)


def _decided(row: Record) -> Decided:
    return Decided(**{name: row[name] for name in _DECIDED})
