"""What customers said after their follow-ups were resolved, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.routing.domain.later import LATER_WINDOW, Said
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

_QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "later.sql")


async def keep(connection: Connection, said: Sequence[Said]) -> None:
    """Keep the last that each customer said within the window, with their follow-ups."""
    await connection.execute(
        _QUERIES["keep_later_scores"],
        [one.tenant for one in said],
        [one.customer_id for one in said],
        [one.at for one in said],
        [one.stand.category.value for one in said],
        [one.stand.scale for one in said],
        [one.stand.value for one in said],
        LATER_WINDOW,
    )
