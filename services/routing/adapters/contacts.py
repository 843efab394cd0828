"""Attempts to reach customers in PostgreSQL: added and read, never changed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from services.routing.domain.contacts import ContactAttempt
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "contacts.sql")


async def insert(connection: Connection, attempt: ContactAttempt) -> None:
    """Add an attempt."""
    await connection.execute(
        QUERIES["insert_attempt"],
        attempt.followup_id,
        attempt.version,
        attempt.tenant,
        attempt.channel.value,
        attempt.outcome.value,
        attempt.at,
        attempt.by,
        attempt.by_name,
        attempt.note,
    )


async def of_followup(connection: Connection, followup_id: UUID) -> list[ContactAttempt]:
    """Return the attempts for one follow-up, oldest first."""
    rows = await connection.fetch(QUERIES["attempts"], followup_id)
    return [
        ContactAttempt(
            **{
                **row,
                "channel": ContactChannel(row["channel"]),
                "outcome": ContactOutcome(row["outcome"]),
            }
        )
        for row in rows
    ]
