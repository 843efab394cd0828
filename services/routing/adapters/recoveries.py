"""What customers were given, in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.adapters.merges import PostgresMerges
from services.routing.adapters.postgres import PostgresTransactions
from services.routing.adapters.rows import followup_of
from services.routing.domain.followup import FollowUp
from services.routing.domain.recovering import Given
from services.routing.domain.recovery import Decided, Recovery
from services.routing.domain.recovery_ports import Recoveries, Waiting
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "recoveries.sql")


@dataclass(frozen=True, slots=True)
class PostgresRecoveries(PostgresMerges):
    """One tenant's follow-ups and recoveries, in a transaction under row-level security."""

    async def given(self, followup: FollowUp, currency: str, since: datetime) -> Given:
        """Return what was given for the case, and to its customer since then."""
        family = [one.followup_id for one in await self.family(followup.followup_id)]
        (row,) = await self.connection.fetch(
            QUERIES["given"], followup.voice.customer_id, family, currency, since
        )
        return Given(followup=row["followup"], customer=row["customer"])

    async def recoveries(self, followup_id: UUID) -> Sequence[Recovery]:
        """Return what was offered for a follow-up, oldest first."""
        found: dict[UUID, Recovery] = {}
        for row in await self.connection.fetch(QUERIES["recoveries"], followup_id):
            recovery_id, before = row["recovery_id"], found.get(row["recovery_id"])
            found[recovery_id] = (
                replace(before, settled=_decided(row)) if before else _recovery_of(row)
            )
        return list(found.values())

    async def keep_recovery(self, recovery: Recovery) -> None:
        """Keep what was decided last, for good."""
        last = recovery.last
        await self.connection.execute(
            QUERIES["insert_recovery"],
            recovery.recovery_id,
            last.decision,
            recovery.tenant,
            recovery.followup_id,
            last.version,
            recovery.customer_id,
            recovery.kind,
            recovery.amount,
            recovery.currency,
            last.by,
            last.by_name,
            last.why,
            last.at,
            last.program_version,
        )

    async def waiting(
        self, teams: Sequence[str], departments: Sequence[str], limit: int
    ) -> Sequence[Waiting]:
        """Return offers of some teams and departments that wait, the oldest first."""
        rows = await self.connection.fetch(QUERIES["waiting"], teams, departments, limit)
        return [_waiting_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresRecoveryTransactions(PostgresTransactions):
    """Opens transactions for recovery; the pool runs as closedloop_routing_api."""

    @asynccontextmanager
    async def of_recoveries(self, tenant: str) -> AsyncIterator[Recoveries]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresRecoveries(connection)


def _recovery_of(row: asyncpg.Record, first: Decided | None = None) -> Recovery:
    return Recovery(
        recovery_id=row["recovery_id"],
        tenant=row["tenant"],
        followup_id=row["followup_id"],
        customer_id=row["customer_id"],
        kind=row["kind"],
        amount=row["amount"],
        currency=row["currency"],
        first=first or _decided(row),
    )


def _waiting_of(row: asyncpg.Record) -> Waiting:
    first = _decided(row, version="decided_version", program="decided_by_program")
    return Waiting(recovery=_recovery_of(row, first), followup=followup_of(row))


def _decided(
    row: asyncpg.Record, *, version: str = "version", program: str = "program_version"
) -> Decided:
    return Decided(
        decision=row["decision"],
        by=row["by"],
        by_name=row["by_name"],
        why=row["why"],
        at=row["at"],
        version=row[version],
        program_version=row[program],
    )
