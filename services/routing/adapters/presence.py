"""Who has which case open, in PostgreSQL. No query commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.routing.domain.presence import GONE_AFTER, WRITING_FOR, Other, Presences
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "presence.sql")


@dataclass(frozen=True, slots=True)
class PostgresPresences:
    """The port Presences, in a transaction under row-level security."""

    connection: Connection

    async def version_of(self, followup_id: UUID) -> int | None:
        """Return the follow-up's version, None when there is no such follow-up."""
        version: int | None = await self.connection.fetchval(QUERIES["version_of"], followup_id)
        return version

    async def beat(self, followup_id: UUID, person: str, name: str, now: datetime) -> None:
        """Note that a person has the case open."""
        await self.connection.execute(
            QUERIES["beat"], followup_id, person, name, now, now - GONE_AFTER
        )

    async def others(self, followup_id: UUID, person: str, now: datetime) -> Sequence[Other]:
        """Return who else has it open, those first who came first."""
        rows = await self.connection.fetch(
            QUERIES["others"], followup_id, person, now - GONE_AFTER, now - WRITING_FOR
        )
        return [Other(**row) for row in rows]

    async def forget_gone(self, now: datetime) -> None:
        """Forget whoever is gone, from every case of the tenant."""
        await self.connection.execute(QUERIES["forget_gone"], now - GONE_AFTER)


@dataclass(frozen=True, slots=True)
class PostgresPresenceTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of_presences(self, tenant: str) -> AsyncIterator[Presences]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresPresences(connection)
