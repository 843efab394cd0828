"""What the assessor does with one plan that is being measured.

Only the assessor imports this: what estimates is heavy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from services.outer_loop.domain.designs import (
    Assessed,
    GroupWeek,
    PlannedDesign,
    weeks_complete,
)
from services.outer_loop.domain.impact.report import Report
from services.outer_loop.domain.impact.reporting import report_on
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.plan_changes import move
from services.outer_loop.domain.ports import Plans, PlanWork
from services.outer_loop.handlers.plans import issue_of, plan_of, save_change
from shared.clock import Clock
from shared.contracts.plans import PlanState
from shared.program.document import Program

#: The assessor acts on its own; people who set a verdict override it.
ASSESSOR = "assessor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A plan that is being measured, and the program that its company goes by."""

    tenant: str
    plan_id: UUID
    program: Program
    activated: Sequence[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    planned: PlannedDesign
    weeks: int
    heard: Sequence[GroupWeek]


async def assess_plan(plans: Plans, measured: Measured, clock: Clock) -> bool:
    """Assess the plan over the weeks that are complete, once; tell whether that was due.

    When the last week is complete the plan takes its verdict. The estimate is made outside of
    any transaction; what changed meanwhile is seen under the plan's lock, and nothing is kept
    then.
    """
    async with plans.transaction(measured.tenant) as work:
        due = await _due(work, measured, clock)
    if due is None:
        return False
    report = await asyncio.to_thread(report_on, due.planned, due.heard, measured.activated)
    async with plans.transaction(measured.tenant) as work:
        return await _keep(work, due, report, clock)


async def _due(work: PlanWork, measured: Measured, clock: Clock) -> _Due | None:
    plan = await plan_of(work, measured.plan_id)
    planned = await work.designs.of(plan.plan_id)
    if planned is None or plan.state is not PlanState.MEASURING:
        return None
    zone = measured.program.time_zone
    weeks = weeks_complete(planned.design, clock.now().astimezone(ZoneInfo(zone)).date())
    if weeks < 1 or await work.designs.is_assessed(planned, weeks):
        return None
    issue = await issue_of(work, plan.issue_id)
    heard = await work.designs.heard(planned, issue.key.what, time_zone=zone, weeks=weeks)
    return _Due(planned=planned, weeks=weeks, heard=heard)


async def _keep(work: PlanWork, due: _Due, report: Report, clock: Clock) -> bool:
    plan = await plan_of(work, due.planned.plan_id)
    present = await work.designs.of(plan.plan_id)
    is_as_read = present is not None and present.version == due.planned.version
    if plan.state is not PlanState.MEASURING or not is_as_read:
        return False
    assessed = Assessed(
        design_version=due.planned.version,
        weeks=due.weeks,
        at=clock.now(),
        is_final=due.weeks >= due.planned.design.weeks_after,
        report=report,
    )
    if not await work.designs.add_assessment(due.planned, assessed):
        return False
    if assessed.is_final:
        await _conclude(work, plan, report, clock)
    return True


async def _conclude(work: PlanWork, plan: ActionPlan, report: Report, clock: Clock) -> None:
    issue = await issue_of(work, plan.issue_id)
    concluded = move(plan, PlanState(report.outcome), at=clock.now(), reason=report.sentence)
    await save_change(work, issue, concluded, concluded.state.value, ASSESSOR)
