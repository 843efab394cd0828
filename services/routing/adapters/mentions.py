"""Mentions in PostgreSQL: added with their note, seen when the case is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.routing.domain.mentions import Unseen
from services.routing.domain.ports import RecordedChange
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "mentions.sql")
#: More are counted with the others of their case once these are seen.
MOST_SHOWN = 20


async def insert(connection: Connection, changes: Sequence[RecordedChange]) -> None:
    """Add whom the notes of some changes name."""
    rows = [
        (
            one.followup.followup_id,
            one.followup.version,
            one.followup.tenant,
            whom,
            one.actor,
            one.actor_name,
            one.followup.changed_at,
        )
        for one in changes
        for whom in one.mentioned
    ]
    if rows:
        await connection.executemany(QUERIES["insert_mention"], rows)


async def unseen(connection: Connection, whom: str) -> list[Unseen]:
    """Return what somebody has not seen of their mentions, the latest first."""
    rows = await connection.fetch(QUERIES["unseen_mentions"], whom, MOST_SHOWN)
    return [Unseen(**row) for row in rows]


async def see(connection: Connection, followup_id: UUID, whom: str, now: datetime) -> None:
    """Keep that somebody has seen their mentions in a case."""
    await connection.execute(QUERIES["see_mentions"], followup_id, whom, now)
