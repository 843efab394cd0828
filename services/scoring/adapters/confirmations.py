"""What owners confirmed, in PostgreSQL: kept by the worker, read to learn from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from services.scoring.domain.confirmation import Confirmation, VersionId
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "confirmations.sql")

_COLUMNS = (
    "followup_id", "version", "changed_at", "tenant", "feedback_id", "what", "why", "confirmed_at",
)  # fmt: skip


class ConfirmedText(NamedTuple):
    """A customer's words, when they came in, and what its owner says went wrong."""

    received_at: datetime
    text: str
    what: str


@dataclass(frozen=True, slots=True)
class PostgresConfirmations:
    """The port Confirmations, in one transaction of the worker."""

    connection: Connection

    async def add(self, versions: Sequence[Confirmation]) -> Collection[VersionId]:
        """Add those that are new, and return their ids."""
        columns = [[get(one) for one in versions] for get in map(attrgetter, _COLUMNS)]
        rows = await self.connection.fetch(QUERIES["add_versions"], *columns)
        return {(row["followup_id"], row["version"]) for row in rows}


async def confirmed_texts(pool: Pool, tenant: str, since: datetime) -> list[ConfirmedText]:
    """Return the tenant's texts with a confirmed cause that came in since then, in that order.

    `pool` runs as the worker's role.
    """
    rows = await pool.fetch(QUERIES["confirmed_texts"], tenant, since)
    return [ConfirmedText(*row) for row in rows]


async def ensure_partitions(pool: Pool) -> None:
    """Make the partitions of this month and the next ones."""
    await pool.execute(QUERIES["ensure_partitions"])
