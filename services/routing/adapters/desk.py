"""How a tenant's follow-ups stand, from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from services.routing.domain.desk import (
    LEARN_FROM,
    MOST_TO_LEARN_FROM,
    READ_UP_TO,
    Group,
    Lesson,
    Load,
    Reading,
    age_cuts,
    due_cuts,
)
from services.routing.domain.ports import COUNTED_UP_TO, Count
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "desk.sql")


@dataclass(frozen=True, slots=True)
class PostgresDesks:
    """Reads how follow-ups stand; the pool runs as closedloop_routing_api."""

    pool: Pool

    async def read(
        self, tenant: str, team: str | None, owners: Sequence[str], now: datetime
    ) -> Reading:
        """Read what is open in `team`, or in all, and with each of `owners`."""
        async with tenant_transaction(self.pool, tenant) as connection:
            await connection.execute(QUERIES["plan_with_values"])
            groups = await connection.fetch(
                QUERIES["standing"], team, READ_UP_TO, due_cuts(now), age_cuts(now)
            )
            loads = await connection.fetch(QUERIES["loads"], owners, now, COUNTED_UP_TO + 1)
            lessons = await connection.fetch(
                QUERIES["to_learn_from"], team, now - LEARN_FROM, MOST_TO_LEARN_FROM, READ_UP_TO
            )
        return Reading(
            groups=[Group(**row) for row in groups],
            loads={row["owner"]: _load(row) for row in loads},
            lessons=[Lesson(**row) for row in lessons],
        )


def _load(row: asyncpg.Record) -> Load:
    return Load(
        open=Count.up_to(COUNTED_UP_TO, row["open"]), late=Count.up_to(COUNTED_UP_TO, row["late"])
    )
