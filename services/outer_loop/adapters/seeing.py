"""What went wrong in a period, from the counts by day: the work does not grow with the facts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "seeing.sql")

#: By what causes are counted. `what_at` is what went wrong at a touchpoint (`at`).
CauseDimension = Literal["what", "what_at", "why"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """How many distinct customers met a cause in a period.

    `confirmed` by owners; `suggested` by scoring, whose texts add up to `weight` by their
    probabilities.
    """

    name: str
    at: str
    confirmed: int
    suggested: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCount:
    """How much was said, and by how many unhappy ones."""

    feedback: int
    detractors: int


@dataclass(frozen=True, slots=True)
class CauseReads:
    """Opens a view of one tenant. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[TenantCauses]:
        """Look at what `tenant` has, as of one moment."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield TenantCauses(connection)


@dataclass(frozen=True, slots=True)
class TenantCauses:
    """The queries, on a connection that sees one tenant."""

    connection: Connection

    async def causes(self, by: CauseDimension, first: date, last: date) -> Sequence[CauseCount]:
        """Return what was met between two days, both inside, the most confirmed first."""
        rows = await self.connection.fetch(QUERIES["causes_by"], by, first, last)
        return [CauseCount(**row) for row in rows]

    async def heard(self, first: date, last: date) -> Mapping[str, HeardCount]:
        """Return what was said at each touchpoint between two days, both inside."""
        rows = await self.connection.fetch(QUERIES["heard_by"], "touchpoint", first, last)
        return {
            row["name"]: HeardCount(feedback=row["feedback"], detractors=row["detractors"])
            for row in rows
        }
