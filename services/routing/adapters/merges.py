"""What was merged, in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.adapters.postgres import PostgresFollowUps, PostgresTransactions
from services.routing.adapters.rows import followup_of
from services.routing.domain.followup import FollowUp
from services.routing.domain.merged import Merged
from services.routing.domain.merging import WITHIN, Merges
from shared.contracts.events import FollowUpState
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "merges.sql")


@dataclass(frozen=True, slots=True)
class PostgresMerges(PostgresFollowUps):
    """One tenant's follow-ups and what was merged, in a transaction under row-level security."""

    async def lock_customer(self, customer_id: str) -> None:
        """Wait until nobody else changes what of the customer's belongs together."""
        await lock_customer(self.connection, customer_id)

    async def merged(self, followup_id: UUID) -> Merged | None:
        """Return into what it is merged; None when it stands by itself."""
        row = await self.connection.fetchrow(QUERIES["merged"], followup_id)
        return _merged_of(row) if row else None

    async def family(self, followup_id: UUID) -> list[FollowUp]:
        """Return it and all that belong together with it, the one that stands by itself first."""
        return await family(self.connection, followup_id)

    async def candidates(self, followup: FollowUp, limit: int) -> list[FollowUp]:
        """Return open follow-ups of its customer about its touchpoint, opened near to it."""
        rows = await self.connection.fetch(
            QUERIES["candidates"],
            followup.voice.customer_id,
            followup.voice.touchpoint,
            followup.opened_at - WITHIN,
            followup.opened_at + WITHIN,
            followup.followup_id,
            limit,
        )
        return [followup_of(row) for row in rows]

    async def keep(self, merged: Merged) -> None:
        """Keep that one was merged."""
        await self.connection.execute(
            QUERIES["insert_merge"],
            merged.followup_id,
            merged.version,
            merged.into,
            merged.tenant,
            merged.state_before.value,
            merged.merged_at,
            merged.by,
            merged.by_name,
        )

    async def end(self, merged: Merged, now: datetime) -> None:
        """Keep that it was split again."""
        await self.connection.execute(QUERIES["end_merge"], merged.followup_id, merged.version, now)


@dataclass(frozen=True, slots=True)
class PostgresMergeTransactions(PostgresTransactions):
    """Opens transactions for merging; the pool runs as closedloop_routing_api."""

    @asynccontextmanager
    async def of_merges(self, tenant: str) -> AsyncIterator[Merges]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresMerges(connection)


async def lock_customer(connection: Connection, customer_id: str) -> None:
    """Wait until nobody else changes what of the customer's belongs together."""
    await connection.execute(QUERIES["lock_customer"], customer_id)


async def family(connection: Connection, followup_id: UUID) -> list[FollowUp]:
    """Return a follow-up and all merged with it, the one that stands by itself first."""
    rows = await connection.fetch(QUERIES["family"], followup_id)
    return [followup_of(row) for row in rows]


async def locked_family(connection: Connection, followup: FollowUp) -> list[FollowUp]:
    """Return the family of a follow-up, locked until the transaction ends."""
    await lock_customer(connection, followup.voice.customer_id)
    ids = [one.followup_id for one in await family(connection, followup.followup_id)]
    rows = await connection.fetch(QUERIES["lock_followups"], ids)
    found = {row["followup_id"]: followup_of(row) for row in rows}
    return [found[followup_id] for followup_id in ids]


def _merged_of(row: asyncpg.Record) -> Merged:
    return Merged(
        followup_id=row["followup_id"],
        version=row["version"],
        into=row["into_id"],
        tenant=row["tenant"],
        state_before=FollowUpState(row["state_before"]),
        merged_at=row["merged_at"],
        by=row["by"],
        by_name=row["by_name"],
    )
