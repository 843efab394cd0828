"""The ways that follow-ups took, from PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.routing.domain.later import Stand
from services.routing.domain.ways import Interval, Way, Whose
from shared.contracts.events import Category
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
        return [_way_of(dict(row)) for row in rows]


def _way_of(row: dict[str, Any]) -> Way:
    before, after = _stand_of(row, "before"), _stand_of(row, "after")
    return Way(**row, before=before, after=after)


def _stand_of(row: dict[str, Any], when: str) -> Stand | None:
    """Take where the customer stood out of `row`; None where nothing told it."""
    category, scale, value = (row.pop(f"{part}_{when}") for part in ("category", "scale", "value"))
    if category is None:
        return None
    stand = Stand(category=Category(category), scale=scale, value=value)
    return stand if stand.is_known else None
