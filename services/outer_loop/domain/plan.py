"""The action plan: what it holds, and the states it may pass through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.outer_loop.domain.impact.design import Metric
from shared.contracts.plans import PlanState

#: The whole state machine: what is not here is forbidden. From `on_hold` a plan goes back to
#: where it was, and nowhere else.
TRANSITIONS: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.PROPOSED: frozenset({PlanState.UNDER_REVIEW, PlanState.ON_HOLD}),
    PlanState.UNDER_REVIEW: frozenset({PlanState.APPROVED, PlanState.REJECTED, PlanState.ON_HOLD}),
    PlanState.APPROVED: frozenset({PlanState.IN_PROGRESS, PlanState.ON_HOLD}),
    PlanState.IN_PROGRESS: frozenset({PlanState.IMPLEMENTED, PlanState.ON_HOLD}),
    PlanState.IMPLEMENTED: frozenset({PlanState.MEASURING}),
    PlanState.MEASURING: frozenset(
        {PlanState.EFFECTIVE, PlanState.INEFFECTIVE, PlanState.INCONCLUSIVE}
    ),
    PlanState.ON_HOLD: frozenset(
        {
            PlanState.PROPOSED,
            PlanState.UNDER_REVIEW,
            PlanState.APPROVED,
            PlanState.IN_PROGRESS,
        }
    ),
    PlanState.REJECTED: frozenset(),
    PlanState.EFFECTIVE: frozenset(),
    PlanState.INEFFECTIVE: frozenset(),
    PlanState.INCONCLUSIVE: frozenset(),
}

#: Nobody sets these: they follow from the departments' decisions.
DECIDED = frozenset({PlanState.APPROVED, PlanState.REJECTED})

#: What a measured plan turns out to be; people who set one override the assessor.
VERDICTS = TRANSITIONS[PlanState.MEASURING]

#: A plan in one of these is over.
FINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)


class Verdict(StrEnum):
    """What a department says to a plan."""

    AWAITED = "awaited"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEffect:
    """By how many percent a metric is expected to change until a day: -40 is 40 % less."""

    metric: Metric
    change_percent: float
    by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """One thing to do: by whom, for which department, until which day."""

    item_id: UUID
    department: str
    owner: str
    due_on: date
    description: str
    expected_effect: ExpectedEffect | None = None
    done_on: date | None = None

    def is_late(self, today: date) -> bool:
        """Tell whether its day has passed and it is not done."""
        return self.done_on is None and self.due_on < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one department concerned says, and who said it for the department."""

    department: str
    verdict: Verdict = Verdict.AWAITED
    reason: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPlan:
    """What departments mean to do about an issue.

    `version` counts its changes from 1. `reason` says why it was rejected or is on hold.
    `held_from` is where a plan on hold goes back to.
    """

    plan_id: UUID
    tenant: str
    issue_id: UUID
    version: int
    state: PlanState
    summary: str
    items: Sequence[ActionItem]
    decisions: Sequence[Decision] = ()
    reason: str = ""
    held_from: PlanState | None = None
    proposed_by: str
    proposed_at: datetime
    changed_at: datetime

    @property
    def awaited(self) -> list[str]:
        """Return the departments that have not decided yet."""
        return [one.department for one in self.decisions if one.verdict is Verdict.AWAITED]

    def late_items(self, today: date) -> int:
        """Return how many items are late; nothing is late in a plan that is over."""
        if self.state in FINAL:
            return 0
        return sum(item.is_late(today) for item in self.items)

    def next_due(self) -> date | None:
        """Return the earliest day at which an open item is due."""
        return min((item.due_on for item in self.items if item.done_on is None), default=None)


def next_states(plan: ActionPlan) -> frozenset[PlanState]:
    """Return where a person may move `plan`; a department's decision is not a move."""
    if plan.state is PlanState.ON_HOLD:
        return frozenset({plan.held_from} if plan.held_from else ())
    return TRANSITIONS[plan.state] - DECIDED


def in_words(state: PlanState) -> str:
    """Return the state as people read it."""
    return state.value.replace("_", " ")
