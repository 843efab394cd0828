"""Impact designs and what was heard for them, in PostgreSQL, on one tenant's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record
from pydantic import TypeAdapter

from services.outer_loop.domain.designs import (
    LATE_WEEKS,
    Assessed,
    Ground,
    GroupWeek,
    PlannedDesign,
)
from services.outer_loop.domain.impact.design import DAYS, ImpactDesign, Metric, Picked
from services.outer_loop.domain.impact.report import Report
from services.outer_loop.domain.impact.stakes import Stakes
from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.window import Confirmation, Threshold
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "designs.sql")
_REPORTS = TypeAdapter(Report)


@dataclass(frozen=True, slots=True)
class PostgresDesigns:
    """The port Designs."""

    connection: Connection
    tenant: str

    async def of(self, plan_id: UUID) -> PlannedDesign | None:
        """Return the plan's latest design, None when it has none."""
        row = await self.connection.fetchrow(QUERIES["design"], plan_id)
        return _planned(row) if row else None

    async def add(self, planned: PlannedDesign) -> None:
        """Keep a design as the plan's latest."""
        design, picked, stakes = planned.design, planned.design.picked, planned.stakes
        await self.connection.execute(
            QUERIES["add_design"],
            planned.plan_id,
            planned.tenant,
            planned.version,
            design.metric.value,
            sorted(design.touched),
            sorted(design.untouched),
            design.starts_on,
            design.weeks_before,
            design.weeks_after,
            design.expected,
            *((picked.first, picked.last) if picked else (None, None)),
            *(astuple(stakes) if stakes else (None,) * 5),
            planned.reason,
            planned.set_by,
            planned.set_at,
            design.frozen_at if planned.is_frozen else None,
        )

    async def freeze(self, plan_id: UUID, at: datetime) -> None:
        """Freeze the plan's latest design, unless it is."""
        await self.connection.execute(QUERIES["freeze_design"], plan_id, at)

    async def heard(
        self, planned: PlannedDesign, what: str, *, time_zone: str, weeks: int
    ) -> list[GroupWeek]:
        """Return what the design compares, up to so many `weeks` after the change."""
        design = planned.design
        asked = Asked(
            time_zone=time_zone,
            weeks_from=design.starts_on,
            first=design.starts_on - timedelta(days=design.weeks_before * DAYS),
            end=design.starts_on + timedelta(days=weeks * DAYS),
            groups=sorted(design.touched | design.untouched),
            what=what if design.metric is Metric.CUSTOMERS_WITH_CAUSE else None,
        )
        return await heard(self.connection, self.tenant, asked)

    async def is_assessed(self, planned: PlannedDesign, weeks: int) -> bool:
        """Tell whether the plan was assessed by this design after so many weeks."""
        key = (planned.plan_id, planned.version, weeks)
        return bool(await self.connection.fetchval(QUERIES["is_assessed"], *key))

    async def add_assessment(self, planned: PlannedDesign, assessed: Assessed) -> bool:
        """Keep the assessment; False when there is one by this design after as many weeks."""
        added = await self.connection.fetchval(
            QUERIES["add_assessment"],
            planned.plan_id,
            assessed.design_version,
            assessed.weeks,
            self.tenant,
            assessed.at,
            assessed.is_final,
            assessed.report.outcome,
            _REPORTS.dump_json(assessed.report).decode(),
        )
        return bool(added)

    async def assessments(self, plan_id: UUID) -> list[Assessed]:
        """Return the plan's assessments, the latest first."""
        rows = await self.connection.fetch(QUERIES["assessments"], plan_id)
        return [
            Assessed(
                design_version=row["design_version"],
                weeks=row["weeks_heard"],
                at=row["assessed_at"],
                is_final=row["is_final"],
                report=_REPORTS.validate_json(row["report"]),
            )
            for row in rows
        ]

    async def ground(self, issue: IssueKey, *, now: datetime, time_zone: str) -> Ground | None:
        """Return what a proposal rests on; None where nobody was heard at the touchpoint."""
        key = (issue.tenant, issue.touchpoint, issue.what)
        since = await self.connection.fetchval(QUERIES["heard_since"], *key[:2])
        named = await self.connection.fetchrow(QUERIES["issue_threshold"], *key)
        if since is None or named is None:
            return None
        today = now.astimezone(ZoneInfo(time_zone)).date()
        weeks = await heard(
            self.connection,
            self.tenant,
            Asked(
                time_zone=time_zone,
                weeks_from=today,
                first=today - timedelta(days=LATE_WEEKS * DAYS),
                end=today + timedelta(days=1),
                groups=None,
                what=issue.what,
            ),
        )
        confirmed = await self.connection.fetch(QUERIES["confirmed"], *key)
        busy = await self.connection.fetch(QUERIES["busy"], self.tenant)
        return Ground(
            today=today,
            since=since.astimezone(ZoneInfo(time_zone)).date(),
            weeks=weeks,
            confirmations=[Confirmation(**dict(row)) for row in confirmed],
            threshold=Threshold(
                customers=named["threshold_customers"],
                days=named["threshold_days"],
                program_version=named["program_version"],
            ),
            busy={row["touchpoint"] for row in busy},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which weeks and groups are wanted; `groups` None asks for all, `what` None for detractors.

    The days from `first` to `end` (excluded) are those of `time_zone`.
    """

    time_zone: str
    weeks_from: date
    first: date
    end: date
    groups: Sequence[str] | None
    what: str | None


async def heard(connection: Connection, tenant: str, asked: Asked) -> list[GroupWeek]:
    """Return what each group said in each week in which it was heard, in order."""
    rows = await connection.fetch(
        QUERIES["heard"],
        tenant,
        asked.time_zone,
        asked.weeks_from,
        asked.first,
        asked.end,
        asked.groups,
        asked.what,
    )
    return [GroupWeek(**dict(row)) for row in rows]


def _planned(row: Record) -> PlannedDesign:
    return PlannedDesign(
        plan_id=row["plan_id"],
        tenant=row["tenant"],
        version=row["version"],
        design=ImpactDesign(
            metric=Metric(row["metric"]),
            touched=frozenset(row["touched"]),
            untouched=frozenset(row["untouched"]),
            starts_on=row["starts_on"],
            weeks_before=row["weeks_before"],
            weeks_after=row["weeks_after"],
            expected=row["expected"],
            frozen_at=row["frozen_at"] or row["set_at"],
            picked=Picked(first=row["picked_first"], last=row["picked_last"])
            if row["picked_first"]
            else None,
        ),
        stakes=_stakes(row),
        reason=row["reason"],
        set_by=row["set_by"],
        set_at=row["set_at"],
        is_frozen=row["frozen_at"] is not None,
    )


def _stakes(row: Record) -> Stakes | None:
    if row["stake_customers"] is None:
        return None
    return Stakes(
        customers=row["stake_customers"],
        leaving=row["stake_leaving"],
        worth=row["stake_worth"],
        cost=row["stake_cost"],
        currency=row["stake_currency"],
    )
