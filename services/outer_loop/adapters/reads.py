"""What people look at: issues, trends, causes, plans. One tenant, one snapshot, no locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from services.outer_loop.adapters.plans import fetch_plans
from services.outer_loop.domain.plan import ActionPlan
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "reads.sql")

Dimension = Literal["touchpoint", "department", "what", "why"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """An issue with its counts: customers and follow-ups whose cause is confirmed now."""

    issue_id: UUID
    touchpoint: str
    what: str
    threshold_customers: int
    threshold_days: int
    program_version: int
    opened_at: datetime
    departments: Sequence[str]
    followups: int
    customers: int
    customers_30_days: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilter:
    """Which issues are wanted; None asks for all."""

    issue_id: UUID | None = None
    touchpoint: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week, by its Monday: the cause at the touchpoint, and everything said there."""

    week: date
    followups: int
    customers: int
    detractors: int
    feedback: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """How many follow-ups and customers one reason accounts for."""

    why: str
    followups: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRow:
    """A follow-up that counts for an issue."""

    followup_id: UUID
    customer_id: str
    department: str
    state: str
    severity: str
    why: str
    occurred_at: datetime
    resolved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A line of an issue's history."""

    kind: str
    thing_id: UUID
    version: int
    change: str
    actor: str
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    """Why the detector opened an issue: `customers` in `span` days where `usual` were."""

    kind: str
    sentence: str
    span: int
    customers: int
    usual: float
    chance: float
    as_of: date
    program_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """Confirmed causes and detractors of one group, in one week or in the whole period.

    `feedback` is everything that was said there (n). A cause has no detractors of its own:
    for the groups of `what` and `why` they are None, and n is the whole period's.
    """

    name: str
    week: date | None
    confirmed: int
    customers: int
    detractors: int | None
    feedback: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormingRow:
    """A cause below the threshold, with its customers in the latest window."""

    touchpoint: str
    what: str
    customers: int


@dataclass(frozen=True, slots=True)
class Reads:
    """Opens a view of one tenant. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[TenantReads]:
        """Look at what `tenant` has."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield TenantReads(connection)


@dataclass(frozen=True, slots=True)
class TenantReads:
    """The queries, on a connection that sees one tenant."""

    connection: Connection

    async def data_until(self, now: datetime) -> datetime:
        """Return when the latest feedback was given, `now` when there is none."""
        latest: datetime | None = await self.connection.fetchval(QUERIES["data_until"], now)
        return latest or now

    async def issues(self, wanted: IssueFilter, until: datetime) -> list[IssueRow]:
        """Return the issues, those with the most customers in the 30 days to `until` first."""
        rows = await self.connection.fetch(
            QUERIES["issues"], until, wanted.issue_id, wanted.touchpoint, wanted.department
        )
        return [IssueRow(**dict(row)) for row in rows]

    async def plans_of(self, issue_ids: Sequence[UUID]) -> dict[UUID, list[ActionPlan]]:
        """Return the plans of each issue, the latest proposal first."""
        rows = await self.connection.fetch(QUERIES["plans_of_issues"], issue_ids)
        plans = await fetch_plans(self.connection, [row["plan_id"] for row in rows])
        found: dict[UUID, list[ActionPlan]] = defaultdict(list)
        for plan in sorted(plans, key=lambda one: (one.proposed_at, one.plan_id), reverse=True):
            found[plan.issue_id].append(plan)
        return found

    async def plan(self, plan_id: UUID) -> ActionPlan | None:
        """Return the plan, None when there is none."""
        found = await fetch_plans(self.connection, [plan_id])
        return found[0] if found else None

    async def weekly_customers(
        self, issue_ids: Sequence[UUID], *, last: date, weeks: int
    ) -> Mapping[UUID, Mapping[date, int]]:
        """Return for each issue its customers in each week up to the day `last`, if any."""
        found: dict[UUID, dict[date, int]] = defaultdict(dict)
        for row in await self.connection.fetch(QUERIES["weekly_customers"], issue_ids, last, weeks):
            found[row["issue_id"]][row["week"]] = row["customers"]
        return found

    async def weeks_of(self, issue_id: UUID, *, last: date, weeks: int) -> list[Week]:
        """Return each of the weeks up to the day `last`, in order."""
        rows = await self.connection.fetch(QUERIES["weeks_of_issue"], issue_id, last, weeks)
        return [Week(**dict(row)) for row in rows]

    async def whys_of(self, issue_id: UUID) -> list[Why]:
        """Return the reasons that owners confirmed, the most frequent first."""
        rows = await self.connection.fetch(QUERIES["whys_of_issue"], issue_id)
        return [Why(**dict(row)) for row in rows]

    async def followups_of(self, issue_id: UUID, *, limit: int) -> list[FollowUpRow]:
        """Return the follow-ups that count, the latest first."""
        rows = await self.connection.fetch(QUERIES["followups_of_issue"], issue_id, limit)
        return [FollowUpRow(**dict(row)) for row in rows]

    async def changes_of(self, issue_id: UUID) -> list[ChangeRow]:
        """Return what happened to the issue and its plans, the latest first."""
        rows = await self.connection.fetch(QUERIES["changes_of_issue"], issue_id)
        return [ChangeRow(**dict(row)) for row in rows]

    async def detection_of(self, issue_id: UUID) -> DetectionRow | None:
        """Return why the detector opened an issue; None for one that it did not open."""
        row = await self.connection.fetchrow(QUERIES["detection_of_issue"], issue_id)
        return DetectionRow(**row) if row else None

    async def causes(
        self, by: Dimension, first: date, last: date, *, weekly: bool
    ) -> list[CauseRow]:
        """Return confirmed causes beside what was said, the most confirmed first.

        Both days are inside.
        """
        asked = (by, first, last, weekly)
        causes = {
            (row["name"], row["week"]): row
            for row in await self.connection.fetch(QUERIES["causes"], *asked)
        }
        voices = {
            (row["name"], row["week"]): row
            for row in await self.connection.fetch(QUERIES["voices"], *asked)
        }
        has_voices = by in {"touchpoint", "department"}
        rows = []
        for name, week in {**causes, **voices} if has_voices else causes:
            cause = causes.get((name, week))
            voice = voices.get((name if has_voices else None, week))
            said = voice["detractors"] if voice else 0
            rows.append(
                CauseRow(
                    name=name,
                    week=week,
                    confirmed=cause["confirmed"] if cause else 0,
                    customers=cause["customers"] if cause else 0,
                    detractors=said if has_voices else None,
                    feedback=voice["feedback"] if voice else 0,
                )
            )
        return sorted(rows, key=lambda one: (one.week or date.min, -one.confirmed, one.name))

    async def forming(self, *, days: int, limit: int) -> list[FormingRow]:
        """Return the causes nearest to the threshold, the nearest first."""
        rows = await self.connection.fetch(QUERIES["forming"], days, limit)
        return [FormingRow(**dict(row)) for row in rows]
