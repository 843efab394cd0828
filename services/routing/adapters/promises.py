"""Promise pages and re-surveys in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.adapters import merges
from services.routing.adapters.communications import on_the_page
from services.routing.adapters.postgres import PostgresFollowUps
from services.routing.domain.communications import Shown
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import COUNTED_UP_TO
from services.routing.domain.promise import Place, Promise, more_urgent
from services.routing.domain.promise_ports import Lapsed, Promises
from services.routing.domain.resurvey import Asking
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "promise.sql")


@dataclass(frozen=True, slots=True)
class PostgresPromises(PostgresFollowUps):
    """One tenant's follow-ups and promises, in a transaction under row-level security."""

    async def promise(self, followup: FollowUp) -> Promise:
        """Return what is kept for the follow-up's page; a fresh one when nothing is."""
        row = await self.connection.fetchrow(QUERIES["promise"], followup.followup_id)
        if row is None:
            return Promise(followup_id=followup.followup_id, tenant=followup.tenant)
        return Promise(**row)

    async def keep(self, promise: Promise) -> None:
        """Keep it as it is now."""
        await self.connection.execute(
            QUERIES["keep_promise"],
            promise.followup_id,
            promise.tenant,
            promise.generation,
            promise.told_customer,
            promise.call_asked_at,
            promise.erasure_asked_at,
        )

    async def place(self, followup: FollowUp) -> Place:
        """Return how many of the team's open follow-ups are ahead."""
        row = await self.connection.fetchrow(
            QUERIES["place"],
            followup.team,
            followup.breach_at,
            followup.followup_id,
            more_urgent(followup.verdict.severity),
            COUNTED_UP_TO,
        )
        assert row is not None, "a query without FROM gives a row"  # noqa: S101
        return Place(ahead=row["ahead"], may_overtake=row["may_overtake"], most=COUNTED_UP_TO)

    async def rounds(self, followup_id: UUID) -> Sequence[Asking]:
        """Return every asking, the latest one last."""
        rows = await self.connection.fetch(QUERIES["rounds"], followup_id)
        return [_asking_of(row) for row in rows]

    async def settle(self, ended: Asking) -> None:
        """Keep how a round has ended; one that has ended before stays as it is."""
        await self.connection.execute(
            QUERIES["settle_round"],
            ended.followup_id,
            ended.number,
            ended.settled_at,
            ended.ending,
            ended.value,
        )

    async def family(self, followup: FollowUp, *, for_update: bool = False) -> list[FollowUp]:
        """Return all that are one case with it, the one that stands by itself first."""
        if not for_update:
            return await merges.family(self.connection, followup.followup_id)
        return await merges.locked_family(self.connection, followup)

    async def changes_told(self, family: Sequence[FollowUp]) -> Sequence[Shown]:
        """Return what their customer was told of changes, the latest first."""
        return await on_the_page(self.connection, [one.followup_id for one in family])

    async def erase(self, followup_id: UUID, now: datetime) -> None:
        """Erase what the customer said, wrote and was written, how they are reached, files."""
        for query in (
            "erase_voice",
            "erase_later_score",
            "erase_words",
            "erase_replies",
            "erase_channel_replies",
            "erase_loop_communications",
        ):
            await self.connection.execute(QUERIES[query], followup_id)
        await self.connection.execute(QUERIES["erase_attachments"], followup_id, now)


@dataclass(frozen=True, slots=True)
class PostgresPromiseTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api, the clock's as the worker."""

    pool: Pool

    async def tenant_of(self, followup_id: UUID) -> str | None:
        """Return whose follow-up it is; None when there is none."""
        found: str | None = await self.pool.fetchval(QUERIES["tenant_of"], followup_id)
        return found

    async def lapsed(self, tenants: Sequence[str], now: datetime, limit: int) -> Sequence[Lapsed]:
        """Return up to `limit` rounds of `tenants` whose time is over, the oldest first."""
        rows = await self.pool.fetch(QUERIES["lapsed_rounds"], tenants, now, limit)
        return [Lapsed(**row) for row in rows]

    @asynccontextmanager
    async def of_promises(self, tenant: str) -> AsyncIterator[Promises]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresPromises(connection)


def _asking_of(row: asyncpg.Record) -> Asking:
    return Asking(**{"number" if name == "round" else name: row[name] for name in row.keys()})  # noqa: SIM118
