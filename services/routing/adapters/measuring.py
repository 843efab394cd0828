"""The ways that follow-ups took, from PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.routing.domain.measures import Interval, Way, Whose
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

_QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "measures.sql")


@dataclass(frozen=True, slots=True)
class PostgresWays:
    """Reads ways; the pool runs as closedloop_routing_api."""

    pool: Pool

    async def of(self, tenant: str, period: Interval, whose: Whose) -> list[Way]:
        """Return the ways on which something happened in the half-open `period`."""
        async with tenant_transaction(self.pool, tenant) as connection:
            rows = await connection.fetch(
                _QUERIES["ways"], *period, whose.teams, whose.severity, whose.segment
            )
        return [Way(**row) for row in rows]
