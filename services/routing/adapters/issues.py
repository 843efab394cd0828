"""What the outer loop told of systemic issues, in PostgreSQL. Nothing here commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.routing.adapters.postgres import PostgresTransactions
from services.routing.domain.issues import Issues, SystemicIssue
from shared.contracts.plans import OuterLoopChanged, PlanState
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

_QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "issues.sql")


@dataclass(frozen=True, slots=True)
class PostgresIssueNews:
    """What is kept, on the worker's connection."""

    connection: Connection

    async def known_versions(self, ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Return the version that is kept of each issue and plan that is known."""
        rows = await self.connection.fetch(_QUERIES["known_versions"], ids)
        return {row["id"]: row["version"] for row in rows}

    async def keep(self, events: Sequence[OuterLoopChanged]) -> None:
        """Keep the issues and plans of these events, of each no more than one."""
        issues = [event for event in events if event.data.plan_id is None]
        await self.connection.execute(
            _QUERIES["keep_issues"],
            [one.data.issue_id for one in issues],
            [one.tenant for one in issues],
            [one.data.touchpoint for one in issues],
            [one.data.what for one in issues],
            [one.data.customers for one in issues],
            [one.data.state for one in issues],
            [one.data.version for one in issues],
        )
        plans = [event for event in events if event.data.plan_id is not None]
        await self.connection.execute(
            _QUERIES["keep_plans"],
            [one.data.plan_id for one in plans],
            [one.tenant for one in plans],
            [one.data.issue_id for one in plans],
            [one.data.customers for one in plans],
            [one.data.state for one in plans],
            [one.data.changed_at for one in plans],
            [one.data.version for one in plans],
        )


@dataclass(frozen=True, slots=True)
class PostgresIssues:
    """One tenant's issues, under row-level security."""

    connection: Connection

    async def known(self) -> Sequence[SystemicIssue]:
        """Return all issues, those first that most customers met."""
        rows = await self.connection.fetch(_QUERIES["issues"])
        return [
            SystemicIssue(
                issue_id=row["issue_id"],
                touchpoint=row["touchpoint"],
                what=row["what"],
                customers=row["customers"],
                plan_state=PlanState(row["plan_state"]) if row["plan_state"] else None,
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True)
class PostgresIssueTransactions(PostgresTransactions):
    """Opens transactions for issues; the pool runs as closedloop_routing_api."""

    @asynccontextmanager
    async def of_issues(self, tenant: str) -> AsyncIterator[Issues]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresIssues(connection)
