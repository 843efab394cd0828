"""Bulks in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.adapters.postgres import PostgresFollowUps, PostgresTransactions
from services.routing.adapters.rows import followup_of, why_json, why_of
from services.routing.domain.bulk import Bulk, Bulks, Item, ItemOutcome, Outcome, Settled
from shared.contracts.events import FollowUpState
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "bulk.sql")
_UNKNOWN = "There is no such follow-up."


@dataclass(frozen=True, slots=True)
class PostgresBulks(PostgresFollowUps):
    """One tenant's follow-ups and bulks, in a transaction under row-level security."""

    async def start(self, bulk: Bulk, now: datetime) -> bool:
        """Keep a new bulk; return False when it was begun before."""
        values = (bulk.bulk_id, bulk.subject, bulk.fingerprint, bulk.act, now)
        return bool(await self.connection.fetchval(QUERIES["start_bulk"], *values))

    async def bulk(self, bulk_id: UUID) -> Bulk | None:
        """Return a bulk, locked until the transaction ends."""
        row = await self.connection.fetchrow(QUERIES["bulk"], bulk_id)
        return Bulk(**row) if row else None

    async def add(self, bulk_id: UUID, items: Sequence[tuple[UUID, int]]) -> None:
        """Add follow-ups and the versions that were seen; what is not there is refused."""
        ids, versions = [item[0] for item in items], [item[1] for item in items]
        await self.connection.execute(QUERIES["add_items"], bulk_id, ids, versions)
        await self.connection.execute(QUERIES["refuse_strangers"], bulk_id, _UNKNOWN)

    async def next_items(
        self, bulk_id: UUID, outcome: Outcome | None, limit: int
    ) -> Sequence[Item]:
        """Return some items that stand at `outcome`, with their follow-ups locked."""
        rows = await self.connection.fetch(
            QUERIES["next_items"], bulk_id, outcome.value if outcome else None, limit
        )
        return [_item_of(row) for row in rows]

    async def settled(self, bulk_id: UUID, settled: Sequence[Settled]) -> None:
        """Write the outcomes, and the follow-ups as they are now."""
        columns = zip(*map(_columns_of, settled), strict=True)
        await self.connection.execute(QUERIES["settle_items"], bulk_id, *map(list, columns))
        now = [one.changed.followup for one in settled if one.changed]
        await self.connection.execute(
            QUERIES["change_followups"],
            [one.followup_id for one in now],
            [one.version for one in now],
            [one.state.value for one in now],
            [one.owner for one in now],
            [one.changed_at for one in now],
            [why_json(one.why) for one in now],
            [one.is_last_resort for one in now],
            [one.issue_id for one in now],
        )

    async def mark_undone(self, bulk_id: UUID, now: datetime) -> None:
        """Keep that the bulk was undone."""
        await self.connection.execute(QUERIES["mark_undone"], bulk_id, now)

    async def outcomes(self, bulk_id: UUID) -> Sequence[ItemOutcome]:
        """Return what became of each follow-up."""
        rows = await self.connection.fetch(QUERIES["bulk_outcomes"], bulk_id)
        return [ItemOutcome(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresBulkTransactions(PostgresTransactions):
    """Opens transactions for bulks; the pool runs as closedloop_routing_api."""

    @asynccontextmanager
    async def of_bulks(self, tenant: str) -> AsyncIterator[Bulks]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresBulks(connection)


def _item_of(row: asyncpg.Record) -> Item:
    state = row["state_before"]
    return Item(
        followup=followup_of(row),
        version_seen=row["version_seen"],
        version_after=row["version_after"],
        owner_before=row["owner_before"],
        state_before=FollowUpState(state) if state else None,
        why_before=why_of(row["why_before"]),
        issue_before=row["issue_before"],
    )


def _columns_of(settled: Settled) -> tuple[object, ...]:
    before, after = settled.item.followup, settled.changed
    return (
        before.followup_id,
        settled.outcome.value,
        settled.reason,
        after.followup.version if after else None,
        before.owner,
        before.state.value,
        why_json(before.why),
        before.issue_id,
    )
