"""A plan's impact design: how one is proposed from the issue, and when it may be changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.outer_loop.domain.impact.design import (
    DAYS,
    FEWEST_BEFORE,
    ImpactDesign,
    Metric,
    Picked,
)
from services.outer_loop.domain.impact.report import Report
from services.outer_loop.domain.impact.stakes import Stakes
from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.plan import FINAL, ActionItem, ActionPlan, in_words
from services.outer_loop.domain.window import Confirmation, Threshold, reaches
from services.outer_loop.errors import InvalidPlanError, PlanError
from shared.contracts.plans import PlanState

#: How far back a proposed design looks, if customers were heard for so long: two years show the
#: season twice.
WEEKS_BACK = 104
WEEKS_AFTER = 13
#: Over so many weeks the level and the volumes of today are taken.
LATE_WEEKS = 26
#: A group with fewer customers a week than this is too noisy to compare with.
_FEWEST_A_WEEK = 10
#: What a plan whose items state no effect is taken to expect: half of the customers spared.
_HALF = -50.0

#: Why a cause's weeks count two weeks late: owners confirm a cause days after it was met, so a
#: week judged at its end would look better than it was.
SETTLING_DAYS: Mapping[Metric, int] = {Metric.CUSTOMERS_WITH_CAUSE: 14}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDesign:
    """A plan's design, with what the company states about leaving, if it does.

    `version` is the version of the plan that the design made. `design.frozen_at` is the moment of
    the approval, or that at which the design was set, where that came later.
    """

    plan_id: UUID
    tenant: str
    version: int
    design: ImpactDesign
    stakes: Stakes | None
    reason: str
    set_by: str
    set_at: datetime
    is_frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWeek:
    """How many customers were listened to in a group in one week, and for how many it counts."""

    group: str
    week: int
    listened: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a proposal of a design rests on.

    `weeks` are those up to `today`, counted from it; `since` is the day of the first feedback at
    the touchpoint; `busy` are the touchpoints that have a plan under way of their own.
    """

    today: date
    since: date
    weeks: Sequence[GroupWeek]
    confirmations: Sequence[Confirmation]
    threshold: Threshold
    busy: AbstractSet[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What was found `weeks` complete weeks after the change, by one version of the design.

    The final one comes when all the weeks that the design asks for are complete.
    """

    design_version: int
    weeks: int
    at: datetime
    is_final: bool
    report: Report


class Designs(Protocol):
    """Keeps the designs of one tenant's plans, in the transaction of one command."""

    async def of(self, plan_id: UUID) -> PlannedDesign | None:
        """Return the plan's latest design, None when it has none."""
        ...

    async def add(self, planned: PlannedDesign) -> None:
        """Keep a design as the plan's latest."""
        ...

    async def freeze(self, plan_id: UUID, at: datetime) -> None:
        """Freeze the plan's latest design, unless it is."""
        ...

    async def heard(
        self, planned: PlannedDesign, what: str, *, time_zone: str, weeks: int
    ) -> Sequence[GroupWeek]:
        """Return what the design compares, up to so many `weeks` after the change."""
        ...

    async def is_assessed(self, planned: PlannedDesign, weeks: int) -> bool:
        """Tell whether the plan was assessed by this design after so many weeks."""
        ...

    async def add_assessment(self, planned: PlannedDesign, assessed: Assessed) -> bool:
        """Keep the assessment; False when there is one by this design after as many weeks."""
        ...

    async def assessments(self, plan_id: UUID) -> Sequence[Assessed]:
        """Return the plan's assessments, the latest first."""
        ...

    async def ground(self, issue: IssueKey, *, now: datetime, time_zone: str) -> Ground | None:
        """Return what a proposal rests on; None where nobody was heard at the touchpoint."""
        ...


def propose_design(
    issue: IssueKey, items: Sequence[ActionItem], ground: Ground, *, at: datetime
) -> ImpactDesign | None:
    """Return the design that the issue suggests; None where there is too little to suggest one.

    The change comes when the last item is due. It is compared with every other touchpoint that
    is heard often enough and that no plan of its own changes.
    """
    level, volumes = _level(issue.touchpoint, ground.weeks), _volumes(ground.weeks)
    if not level or not items:
        return None
    picked = picked_days(ground.confirmations, ground.threshold)
    starts_on = max(item.due_on for item in items)
    if picked:
        starts_on = max(starts_on, picked.last + timedelta(days=1))
    others = {
        group
        for group, volume in volumes.items()
        if volume >= _FEWEST_A_WEEK and group != issue.touchpoint and group not in ground.busy
    }
    known = (starts_on - ground.since).days // DAYS
    return ImpactDesign(
        metric=Metric.CUSTOMERS_WITH_CAUSE,
        touched=frozenset({issue.touchpoint}),
        untouched=frozenset(others),
        starts_on=starts_on,
        weeks_before=min(max(known, FEWEST_BEFORE), WEEKS_BACK),
        weeks_after=WEEKS_AFTER,
        expected=level * _stated(items) / 100,
        frozen_at=at,
        picked=picked,
    )


def _stated(items: Iterable[ActionItem]) -> float:
    """Return the largest fall in percent that an item states for customers with the cause."""
    stated = [
        item.expected_effect.change_percent
        for item in items
        if item.expected_effect and item.expected_effect.metric is Metric.CUSTOMERS_WITH_CAUSE
    ]
    return min((one for one in stated if one < 0), default=_HALF)


def _level(group: str, weeks: Iterable[GroupWeek]) -> float:
    own = [one for one in weeks if one.group == group]
    listened = sum(one.listened for one in own)
    return 100 * sum(one.amount for one in own) / listened if listened else 0.0


def _volumes(weeks: Iterable[GroupWeek]) -> Mapping[str, float]:
    heard: dict[str, int] = defaultdict(int)
    for one in weeks:
        heard[one.group] += one.listened
    return {group: number / LATE_WEEKS for group, number in heard.items()}


def picked_days(confirmations: Sequence[Confirmation], threshold: Threshold) -> Picked | None:
    """Return the first window that made the issue stand out (UTC days), None when none does.

    It ends with the earliest confirmed cause that fills a window, whenever it was confirmed.
    """
    ordered = sorted(confirmations, key=lambda one: one.occurred_at)
    width = timedelta(days=threshold.days)
    for latest in ordered:
        inside = [
            one for one in ordered if -width < one.occurred_at - latest.occurred_at <= timedelta(0)
        ]
        if reaches(inside, threshold):
            return Picked(first=inside[0].occurred_at.date(), last=inside[-1].occurred_at.date())
    return None


def accepts_design(plan: ActionPlan, present: PlannedDesign | None) -> bool:
    """Tell whether the plan's state allows another design; a frozen one asks for a reason too."""
    decided_on = plan.state is PlanState.UNDER_REVIEW and present is not None
    return not (decided_on or plan.state is PlanState.ON_HOLD or plan.state in FINAL)


def redesigned(
    plan: ActionPlan, present: PlannedDesign | None, reason: str, *, at: datetime
) -> ActionPlan:
    """Return `plan` one version on, when its design may be changed now.

    A proposal's is changed freely. What departments decide on stays as it is, unless it is
    missing. Once approved, a change needs a reason.

    Raises:
        PlanError: in a state that allows no change.
        InvalidPlanError: without the reason that an approved plan asks for.
    """
    if not accepts_design(plan, present):
        raise PlanError(
            f"The plan is {in_words(plan.state)}: its impact design stays as it is.",
            remedy="Take it up again first."
            if plan.state is PlanState.ON_HOLD
            else "Propose a new plan for the issue.",
        )
    if present and present.is_frozen and not reason.strip():
        raise InvalidPlanError(
            "The design was frozen when the plan was approved.",
            field="reason",
            remedy="Say why it must change; that is shown beside the effect.",
        )
    return replace(plan, version=plan.version + 1, changed_at=at)


def weeks_complete(design: ImpactDesign, today: date) -> int:
    """Return how many weeks after the change can be judged at `today`; below 0 before it."""
    settled = today - timedelta(days=SETTLING_DAYS.get(design.metric, 0))
    return min((settled - design.starts_on).days // DAYS, design.weeks_after)
