"""How the simulated staff decide: what becomes of a case, and what they write. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict

from deploy.sample.company import Habits, Share, Weights
from deploy.sample.generator import Truth
from shared.contracts.events import FollowUpState as S

#: On the way to each outcome, in this order. Contacting is left out by some who resolve.
_WAYS: Mapping[S, Sequence[S]] = {
    S.ASSIGNED: (),
    S.ACKNOWLEDGED: (S.ACKNOWLEDGED,),
    S.CONTACTING: (S.ACKNOWLEDGED, S.CONTACTING),
    S.IN_PROGRESS: (S.ACKNOWLEDGED, S.IN_PROGRESS),
    S.WAITING_CUSTOMER: (S.ACKNOWLEDGED, S.CONTACTING, S.WAITING_CUSTOMER),
    S.UNREACHABLE: (S.ACKNOWLEDGED, S.CONTACTING, S.UNREACHABLE),
    S.RESOLVED: (S.ACKNOWLEDGED, S.CONTACTING, S.IN_PROGRESS, S.RESOLVED),
}


#: So long a plan is measured, and so long before it.
_WEEKS = 12


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Effect(_Part):
    """What an item is expected to do, some days after the end of the sample."""

    metric: str
    change_percent: float
    by_in_days: int


class Item(_Part):
    """An item of a plan, due some days after the end of the sample."""

    department: str
    owner: str
    due_in_days: int
    description: str
    expected_effect: Effect | None = None


class Proposer(_Part):
    """Who proposes a plan."""

    id: str
    name: str


class PlanIdea(_Part):
    """A plan, the issue that it is for, and how far it comes.

    `expected_points` are the customers in 100 who have the cause, more (+) or fewer (-), after it.
    """

    touchpoint: str | None = None
    what: str
    reach: Literal["proposed", "under_review", "approved"]
    proposed_by: Proposer
    summary: str
    expected_points: float
    items: tuple[Item, ...]

    def fits(self, issue: Mapping[str, Any]) -> bool:
        """Tell whether the plan is meant for `issue`."""
        here = self.touchpoint in {None, issue["touchpoint"]}
        return here and self.what == issue["what"]

    def proposal(self, end: date) -> dict[str, Any]:
        """Return the plan as the outer loop takes it, with the days that it means."""
        return {"summary": self.summary, "items": [_item(item, end) for item in self.items]}

    def design(self, touchpoint: str, end: date) -> dict[str, Any]:
        """Return how its effect is measured: from the day on which its last item is due."""
        last = max(item.due_in_days for item in self.items)
        return {
            "metric": "customers_with_cause",
            "touched": [touchpoint],
            "starts_on": (end + timedelta(days=last)).isoformat(),
            "weeks_before": _WEEKS,
            "weeks_after": _WEEKS,
            "expected": self.expected_points,
        }


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a case: the states it goes through, and how it is resolved if it is."""

    states: Sequence[S]
    resolution: Mapping[str, Any] | None

    def after(self, state: S) -> Sequence[S]:
        """Return the states that are still to come once the case has come to `state`."""
        if state not in self.states:
            return self.states if state is S.ASSIGNED else ()
        return self.states[self.states.index(state) + 1 :]

    @property
    def contact(self) -> dict[str, str]:
        """Return the call that brings the case to contacting."""
        outcome = "no_answer" if S.UNREACHABLE in self.states else "reached"
        return {"channel": "phone", "outcome": outcome}

    def change(self, state: S) -> dict[str, Any]:
        """Return the change that brings the case to `state`."""
        if state is S.RESOLVED:
            return {"state": state, "resolution": self.resolution}
        return {"state": state}


class Casework(_Part):
    """casework.yaml: the staff's habits."""

    settled_after_days: int
    settled: Mapping[S, float]
    under_way: Mapping[S, float]
    contact_share: Share
    error_share: Share
    actions: Mapping[str, tuple[str, ...]]
    plans: tuple[PlanIdea, ...]

    def course(
        self, habits: Habits, truth: Truth, case: Case, *, seed: int, age_days: int
    ) -> Course:
        """Return what becomes of a case of feedback that is `age_days` old.

        Equal arguments give equal courses, in whatever order cases are worked.
        """
        rng = Random(f"closedloop casework {seed} {case.feedback_id}")  # noqa: S311
        odds = self.settled if age_days >= self.settled_after_days else self.under_way
        (outcome,) = rng.choices(list(odds), list(odds.values()))
        states = list(_WAYS[outcome])
        if outcome is not S.RESOLVED:
            return Course(states, None)
        if rng.random() >= self.contact_share:
            states.remove(S.CONTACTING)
        what, why = self._confirmed(rng, habits, truth, case.touchpoint)
        resolution = {
            "root_cause": {"what": what, "why": why},
            "action_taken": rng.choice(self.actions[what]),
        }
        return Course(states, resolution)

    def _confirmed(
        self, rng: Random, habits: Habits, truth: Truth, touchpoint: str
    ) -> tuple[str, str]:
        """Return the cause that the owner confirms: the true one, or by mistake another."""
        if rng.random() >= self.error_share:
            return truth.what, truth.why
        usual: Weights = habits.touchpoints[touchpoint].causes
        what = rng.choice([cause for cause in usual if cause != truth.what])
        return what, rng.choice(list(habits.reasons[what]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A follow-up as its owner has read it."""

    followup_id: UUID
    feedback_id: UUID
    touchpoint: str
    state: S
    version: int

    @classmethod
    def of(cls, followup: Mapping[str, Any]) -> Case:
        """Return the case of a follow-up as the API shows it."""
        return cls(
            followup_id=UUID(followup["followup_id"]),
            feedback_id=UUID(followup["feedback_id"]),
            touchpoint=followup["touchpoint"],
            state=S(followup["state"]),
            version=followup["version"],
        )


def load_casework() -> Casework:
    """Read the staff's habits."""
    path = Path(__file__).with_name("casework.yaml")
    return Casework.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def _item(item: Item, end: date) -> dict[str, Any]:
    effect = item.expected_effect
    return {
        "department": item.department,
        "owner": item.owner,
        "due_on": (end + timedelta(days=item.due_in_days)).isoformat(),
        "description": item.description,
        "expected_effect": effect
        and {
            "metric": effect.metric,
            "change_percent": effect.change_percent,
            "by": (end + timedelta(days=effect.by_in_days)).isoformat(),
        },
    }
