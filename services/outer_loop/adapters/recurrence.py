"""What is watched after it was cured, and what came back, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.outer_loop.adapters.columns import columns
from services.outer_loop.adapters.facts import PostgresFollowUpFacts, log_changes
from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.ports import Change
from services.outer_loop.domain.recurrence import Recurrence, Watch
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "recurrence.sql")
_KEPT = (
    "watch.plan_id", "watch.key.issue_id", "watch.key.tenant", "customers", "threshold.days",
    "since", "threshold.program_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostgresRecurrences(PostgresFollowUpFacts):
    """The port Recurrences, on the worker's connection."""

    async def watched(self, keys: Sequence[IssueKey]) -> list[Watch]:
        """Return the plans that were found to work for issues of these keys, and still do."""
        rows = await self.connection.fetch(
            QUERIES["watched"], *columns(keys, ("tenant", "touchpoint", "what"))
        )
        return [
            Watch(
                plan_id=row["plan_id"],
                key=IssueKey(row["tenant"], row["touchpoint"], row["what"]),
                implemented_at=row["implemented_at"],
                effective_at=row["effective_at"],
                issue_version=row["issue_version"],
            )
            for row in rows
            if not row["is_known"]
        ]

    async def keep(
        self, recurrences: Sequence[Recurrence], changes: Sequence[Change], at: datetime
    ) -> None:
        """Keep that issues came back, each with its change."""
        await self.connection.execute(
            QUERIES["keep"], *columns(recurrences, _KEPT), [at] * len(recurrences)
        )
        await log_changes(self.connection, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """An issue that came back after the plan `plan_id` had worked."""

    plan_id: UUID
    issue_id: UUID
    customers: int
    days: int
    since: datetime
    recurred_at: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class RecurrenceReads:
    """Reads what came back. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    async def of(self, tenant: str, issue_id: UUID | None = None) -> list[CameBack]:
        """Return what came back, of one issue or of all, the latest first."""
        async with tenant_transaction(self.pool, tenant) as connection:
            rows = await connection.fetch(QUERIES["of_issues"], issue_id)
        return [CameBack(**dict(row)) for row in rows]
