"""The part of a case's page that shows what keeps going wrong where it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

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
    """One issue: what it is called and where it happens, the sentence about it, where it stands."""

    issue_id: UUID
    name: str
    touchpoint: str
    words: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePart:
    """What the page shows: the issue that it belongs to, or those that it may turn out to be.

    `is_linked`: somebody has said so; `choices` are all that somebody may say.
    """

    belongs_to: IssueLine | None
    is_linked: bool
    possible: Sequence[IssueLine]
    choices: Sequence[IssueLine]


async def issue_part(desk: Desk, followup: FollowUp, program: Program) -> IssuePart:
    """Return the part for one follow-up."""
    async with desk.issues.of_issues(followup.tenant) as issues:
        known = await issues.known()
    own, possible = belonging(followup, known)
    here = followup.voice.touchpoint
    return IssuePart(
        belongs_to=_line(own, program) if own else None,
        is_linked=followup.issue_id is not None,
        possible=[_line(one, program) for one in possible[:MOST_SHOWN]],
        choices=[
            _line(one, program)
            for one in sorted(known, key=lambda one: one.touchpoint != here)
            if own is None or one.issue_id != own.issue_id
        ],
    )


async def issue_lines(desk: Desk, tenant: str, program: Program) -> Sequence[IssueLine]:
    """Return all issues of a tenant, those first that most customers met."""
    async with desk.issues.of_issues(tenant) as issues:
        return [_line(one, program) for one in await issues.known()]


def _line(issue: SystemicIssue, program: Program) -> IssueLine:
    names = {one.id: one.name for one in program.taxonomy.what}
    met = "1 customer has" if issue.customers == 1 else f"{issue.customers:,} customers have"
    return IssueLine(
        issue_id=issue.issue_id,
        touchpoint=program.touchpoint_name(issue.touchpoint),
        name=names.get(issue.what, issue.what),
        words=f"{met} met it; {_PLANS[issue.plan_state]}.",
        address=f"/board/issues/{issue.issue_id}",
    )
