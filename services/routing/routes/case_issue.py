"""The part of a case's page that shows what keeps going wrong where it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.followup import FollowUp
from services.routing.domain.issues import SystemicIssue, belonging
from shared.contracts.plans import PlanState
from shared.program.document import Program

#: A page names so many that it may belong to.
MOST_SHOWN = 3

_PLANS: Mapping[PlanState | None, str] = {
    None: "nobody has planned anything against it yet",
    PlanState.PROPOSED: "a plan is proposed",
    PlanState.UNDER_REVIEW: "a plan is under review",
    PlanState.APPROVED: "a plan is approved",
    PlanState.REJECTED: "the last plan was rejected",
    PlanState.ON_HOLD: "the plan is on hold",
    PlanState.IN_PROGRESS: "a plan is being carried out",
    PlanState.IMPLEMENTED: "a plan has been carried out",
    PlanState.MEASURING: "a plan has been carried out and is measured",
    PlanState.EFFECTIVE: "a plan has worked",
    PlanState.INEFFECTIVE: "the last plan did not work",
    PlanState.INCONCLUSIVE: "whether the last plan worked is not clear",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """One issue: what it is called, the sentence about it, where it stands."""

    name: str
    words: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePart:
    """What the page shows: the issue that it belongs to, or those that it may turn out to be."""

    belongs_to: IssueLine | None
    possible: Sequence[IssueLine]


async def issue_part(desk: Desk, followup: FollowUp, program: Program) -> IssuePart:
    """Return the part for one follow-up."""
    async with desk.issues.of_issues(followup.tenant) as issues:
        known = await issues.at(followup.voice.touchpoint)
    own, possible = belonging(followup, known)
    return IssuePart(
        belongs_to=_line(own, program) if own else None,
        possible=[_line(one, program) for one in possible[:MOST_SHOWN]],
    )


def _line(issue: SystemicIssue, program: Program) -> IssueLine:
    names = {one.id: one.name for one in program.taxonomy.what}
    met = "1 customer has" if issue.customers == 1 else f"{issue.customers:,} customers have"
    return IssueLine(
        name=names.get(issue.what, issue.what),
        words=f"{met} met it; {_PLANS[issue.plan_state]}.",
        address=f"/board/issues/{issue.issue_id}",
    )
