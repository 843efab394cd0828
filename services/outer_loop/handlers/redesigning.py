"""A person sets a plan's impact design: confirmed freely before the review, with reasons after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from services.outer_loop.domain.designs import PlannedDesign, picked_days, redesigned
from services.outer_loop.domain.impact.design import ImpactDesign, Picked
from services.outer_loop.domain.impact.stakes import Stakes
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.ports import IssueAtHand, PlanWork
from services.outer_loop.errors import InvalidPlanError, StaleVersionError
from services.outer_loop.handlers.plans import issue_of, plan_of, save_change
from shared.clock import Clock
from shared.contracts.plans import PlanState
from shared.program.document import Program

#: In these states nobody has agreed to the plan yet.
_OPEN = frozenset({PlanState.PROPOSED, PlanState.UNDER_REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDesign:
    """Set the design of the plan that the actor has read at `expected_version`.

    `design` comes without the days that made the issue stand out: the issue knows them.
    """

    actor: str
    plan_id: UUID
    expected_version: int
    design: ImpactDesign
    stakes: Stakes | None
    reason: str = ""


async def set_design(
    work: PlanWork, command: SetDesign, *, program: Program, clock: Clock
) -> ActionPlan:
    """Keep the design as the plan's latest, which makes a new version of the plan.

    Raises NotFoundError, StaleVersionError when somebody was faster, InvalidDesignError and
    InvalidPlanError for what cannot be, PlanError in a state that allows no change.
    """
    plan = await plan_of(work, command.plan_id)
    if plan.version != command.expected_version:
        raise StaleVersionError(expected=command.expected_version, current=plan.version)
    _check_groups(command.design, {one.id for one in program.touchpoints})
    issue = await issue_of(work, plan.issue_id)
    now = clock.now()
    present = await work.designs.of(plan.plan_id)
    changed = redesigned(plan, present, command.reason, at=now)
    picked = await _picked(work, issue, program.time_zone, clock)
    await save_change(work, issue, changed, "design_changed", command.actor, reason=command.reason)
    await work.designs.add(
        PlannedDesign(
            plan_id=plan.plan_id,
            tenant=plan.tenant,
            version=changed.version,
            design=replace(command.design, picked=picked, frozen_at=now),
            stakes=command.stakes,
            reason=command.reason,
            set_by=command.actor,
            set_at=now,
            is_frozen=plan.state not in _OPEN,
        )
    )
    return changed


async def _picked(
    work: PlanWork, issue: IssueAtHand, time_zone: str, clock: Clock
) -> Picked | None:
    ground = await work.designs.ground(issue.key, now=clock.now(), time_zone=time_zone)
    return picked_days(ground.confirmations, ground.threshold) if ground else None


def _check_groups(design: ImpactDesign, known: Collection[str]) -> None:
    for field, groups in (("touched", design.touched), ("untouched", design.untouched)):
        if unknown := groups - set(known):
            raise InvalidPlanError(
                f"{min(unknown)!r} is no touchpoint of the program.",
                field=field,
                remedy=f"One of: {', '.join(sorted(known))}.",
            )
