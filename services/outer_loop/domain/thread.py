"""The thread from what a customer said to what became of it, and the numbers at each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.outer_loop.domain.communication import Basis

Step = Literal[
    "heard", "answered", "fixed", "told", "on_the_way", "not_reachable", "later", "silent"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A follow-up of an issue, from what was said to what became of it.

    `answered_at` is when somebody first reached or wrote to the customer, `implemented_at` when
    the first change after the feedback was made, by the plan `plan_id`. `settled_at` is when the
    customer was told, or found not reachable; the later score is the first thing that they said at
    the same touchpoint after being told.
    """

    issue_id: UUID
    touchpoint: str
    what: str
    why: str | None
    basis: Basis
    customer_id: str
    followup_id: UUID
    occurred_at: datetime
    feedback_id: UUID | None
    state: str | None
    answered_at: datetime | None
    plan_id: UUID | None
    summary: str | None
    plan_state: str | None
    implemented_at: datetime | None
    communication_id: UUID | None
    outcome: str | None
    settled_at: datetime | None
    why_not: str | None
    later_feedback_id: UUID | None
    later_at: datetime | None
    later_category: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Distinct customers at each step, of all that were heard with one basis.

    A step counts by itself: who was told was not necessarily answered before. `told` is `later`
    and `silent` together: those who said nothing since are a segment of their own, nobody's
    happiness.
    """

    heard: int = 0
    answered: int = 0
    fixed: int = 0
    told: int = 0
    on_the_way: int = 0
    not_reachable: int = 0
    later: int = 0
    later_promoters: int = 0
    later_passives: int = 0
    later_detractors: int = 0
    silent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpKnown:
    """A follow-up as far as the outer loop knows it, part of an issue or not."""

    followup_id: UUID
    feedback_id: UUID
    customer_id: str
    touchpoint: str
    occurred_at: datetime
    state: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one follow-up or feedback event belongs to.

    `onward` are the threads that begin with it, `behind` those whose later score it is.
    """

    followups: tuple[FollowUpKnown, ...]
    onward: tuple[Thread, ...]
    behind: tuple[Thread, ...]
