"""How a plan comes to its impact design, and that none is reviewed or approved without one."""

from __future__ import annotations

from datetime import datetime

from services.outer_loop.domain.designs import PlannedDesign, propose_design
from services.outer_loop.domain.impact.design import InvalidDesignError
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.ports import IssueAtHand, PlanWork
from services.outer_loop.errors import InvalidPlanError

#: Who set a design that no person did.
PROPOSER = "closedloop"


async def give_design(
    work: PlanWork, plan: ActionPlan, issue: IssueAtHand, *, time_zone: str, at: datetime
) -> None:
    """Give a new plan the design that its issue suggests; none where too little was heard."""
    ground = await work.designs.ground(issue.key, now=at, time_zone=time_zone)
    if ground is None:
        return
    try:
        design = propose_design(issue.key, plan.items, ground, at=at)
    except InvalidDesignError:
        # What the items state may fit no design; a person then sets one.
        return
    if design:
        await work.designs.add(
            PlannedDesign(
                plan_id=plan.plan_id,
                tenant=plan.tenant,
                version=plan.version,
                design=design,
                stakes=None,
                reason="",
                set_by=PROPOSER,
                set_at=at,
                is_frozen=False,
            )
        )


async def need_design(work: PlanWork, plan: ActionPlan) -> None:
    """Raise InvalidPlanError when the plan does not say how its effect will be measured."""
    if await work.designs.of(plan.plan_id) is None:
        raise InvalidPlanError(
            "The plan does not say how its effect will be measured.",
            field="design",
            remedy="Set its impact design: what it shall move, where, by how much, from which day.",
        )
