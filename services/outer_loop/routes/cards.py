"""The board's columns and cards, arranged from issues and plans: pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.outer_loop.adapters.reads import IssueRow
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.routes.names import Names
from shared.contracts.plans import PlanState

View = Literal["all", "mine", "decide", "late"]

WEEKS_ON_A_CARD = 12

#: The columns, in the order of a plan's life. A plan on hold stays where it was stopped.
_COLUMNS: Sequence[tuple[str, frozenset[PlanState]]] = (
    ("No plan yet", frozenset()),
    ("Proposed", frozenset({PlanState.PROPOSED})),
    ("Under review", frozenset({PlanState.UNDER_REVIEW})),
    ("Approved", frozenset({PlanState.APPROVED})),
    ("In progress", frozenset({PlanState.IN_PROGRESS})),
    ("Implemented, measuring", frozenset({PlanState.IMPLEMENTED, PlanState.MEASURING})),
    (
        "Measured",
        frozenset({PlanState.EFFECTIVE, PlanState.INEFFECTIVE, PlanState.INCONCLUSIVE}),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An issue with one of its plans, or without any that is not rejected."""

    issue: IssueRow
    plan: ActionPlan | None
    weeks: Sequence[tuple[date, int]]
    rejected: int
    is_mine: bool
    awaits_me: bool
    late: int

    @property
    def departments(self) -> list[str]:
        """Return everybody concerned: those it happened to and those with something to do."""
        working = {item.department for item in self.plan.items} if self.plan else set()
        return sorted(working | set(self.issue.departments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A column of the board."""

    name: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks, on which day."""

    subject: str
    headed: frozenset[str]
    today: date

    @classmethod
    def of(cls, subject: str, names: Names, today: date) -> Viewer:
        """Return the viewer with the departments that they decide for."""
        return cls(subject=subject, headed=frozenset(names.headed_by(subject)), today=today)


def cards(
    issues: Iterable[IssueRow],
    plans: Mapping[UUID, Sequence[ActionPlan]],
    weekly: Mapping[UUID, Mapping[date, int]],
    *,
    viewer: Viewer,
    last_week: date,
) -> list[Card]:
    """Return a card for each plan that was not rejected, and one for each issue without such."""
    mondays = [last_week - timedelta(weeks=n) for n in reversed(range(WEEKS_ON_A_CARD))]
    found = []
    for issue in issues:
        of_issue = plans.get(issue.issue_id, ())
        standing: list[ActionPlan | None] = [
            plan for plan in of_issue if plan.state is not PlanState.REJECTED
        ]
        counts = weekly.get(issue.issue_id, {})
        weeks = [(monday, counts.get(monday, 0)) for monday in mondays]
        found += [
            _card(issue, plan, weeks, len(of_issue) - len(standing), viewer)
            for plan in standing or [None]
        ]
    return found


def lanes(shown: Iterable[Card]) -> list[Lane]:
    """Return the columns with their cards, empty columns too."""
    by_column: dict[str, list[Card]] = {name: [] for name, _ in _COLUMNS}
    for card in shown:
        by_column[_column(card.plan)].append(card)
    return [Lane(name=name, cards=found) for name, found in by_column.items()]


def matches(card: Card, view: View, department: str | None) -> bool:
    """Tell whether the card belongs to what the viewer asked for."""
    if department and department not in card.departments:
        return False
    match view:
        case "mine":
            return card.is_mine
        case "decide":
            return card.awaits_me
        case "late":
            return card.late > 0
        case "all":
            return True


def _card(
    issue: IssueRow,
    plan: ActionPlan | None,
    weeks: Sequence[tuple[date, int]],
    rejected: int,
    viewer: Viewer,
) -> Card:
    awaits_me = bool(plan and viewer.headed & set(_awaited(plan)))
    return Card(
        issue=issue,
        plan=plan,
        weeks=weeks,
        rejected=rejected,
        is_mine=awaits_me or _concerns(viewer, issue, plan),
        awaits_me=awaits_me,
        late=plan.late_items(viewer.today) if plan else 0,
    )


def _concerns(viewer: Viewer, issue: IssueRow, plan: ActionPlan | None) -> bool:
    if plan is None:
        return bool(viewer.headed & set(issue.departments))
    owners = {plan.proposed_by, *(item.owner for item in plan.items)}
    working = {item.department for item in plan.items}
    return viewer.subject in owners or bool(viewer.headed & working)


def _awaited(plan: ActionPlan) -> list[str]:
    return plan.awaited if plan.state is PlanState.UNDER_REVIEW else []


def _column(plan: ActionPlan | None) -> str:
    if plan is None:
        return _COLUMNS[0][0]
    state = plan.held_from or plan.state
    return next(name for name, states in _COLUMNS if state in states)
