"""Second opinions in PostgreSQL, in the transaction of one tenant. None of this commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

from services.scoring.domain.second_opinion import Answer, Labels, SecondOpinion
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "opinions.sql")

#: Which feedback is asked about: that in the review queue, that of which our judges could not
#: tell sentiment or theme, or that which was flagged.
Narrowed = Literal["review", "abstained", "flagged"]


class Stored(NamedTuple):
    """A scored event as it is kept: `message` is feedback.scored.v1."""

    feedback_id: UUID
    program_version: int
    message: str


class Asked(NamedTuple):
    """Whom is asked, in which words: what one answer is compared and not repeated by."""

    model: str
    prompt_version: str


async def to_ask(
    connection: Connection, asked: Asked, since: datetime, only: Narrowed | None, limit: int
) -> list[Stored]:
    """Return up to `limit` events with words that `asked` has given no answer about."""
    rows = await connection.fetch(
        QUERIES["to_ask"], since, asked.model, asked.prompt_version, only, limit
    )
    return [Stored(*row) for row in rows]


async def keep(connection: Connection, opinion: SecondOpinion) -> None:
    """Keep an answer, refused ones too."""
    answer = opinion.answer
    await connection.execute(
        QUERIES["keep_opinion"],
        opinion.feedback_id,
        opinion.model,
        opinion.prompt_version,
        opinion.program_version,
        opinion.asked_at,
        answer.latency_ms,
        *answer.labels,
        answer.refused,
        answer.answer,
    )


async def opinions_of(connection: Connection, feedback_id: UUID) -> list[SecondOpinion]:
    """Return every second opinion on one feedback, the first one first."""
    rows = await connection.fetch(QUERIES["opinions_of"], feedback_id)
    return [
        SecondOpinion(
            feedback_id=feedback_id,
            model=row["model"],
            prompt_version=row["prompt_version"],
            program_version=row["program_version"],
            asked_at=row["asked_at"],
            answer=Answer(
                labels=Labels(row["sentiment"], row["theme"], row["cause"]),
                refused=row["refused"],
                answer=row["answer"],
                latency_ms=row["latency_ms"],
            ),
        )
        for row in rows
    ]


async def both_opinions(
    connection: Connection, asked: Asked, since: datetime
) -> Sequence[tuple[Labels, Labels]]:
    """Return what our judges said and what `asked` answered, of feedback received since then."""
    rows = await connection.fetch(
        QUERIES["both_opinions"], since, asked.model, asked.prompt_version
    )
    return [
        (
            Labels(row["our_sentiment"], row["our_theme"], row["our_cause"]),
            Labels(row["sentiment"], row["theme"], row["cause"]),
        )
        for row in rows
    ]
