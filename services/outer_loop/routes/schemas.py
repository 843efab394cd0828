"""What the API takes and gives about plans: pydantic models, the source of its OpenAPI."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outer_loop.domain.impact.design import MeasuredMetric, Metric
from services.outer_loop.domain.plan import (
    ActionItem,
    ActionPlan,
    Decision,
    ExpectedEffect,
    Verdict,
    next_states,
)
from shared.contracts.events import Name
from shared.contracts.plans import PlanState
from shared.web.days import Day

Sentence = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, strip_whitespace=True, pattern=r"^[^\x00]*$"),
]
Reason = Annotated[
    str, StringConstraints(max_length=2000, strip_whitespace=True, pattern=r"^[^\x00]*$")
]
MOST_ITEMS = 50


class Request(BaseModel):
    """What a client sends: an unknown field is an error, so that a slip is not lost."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What a client gets, read from our own objects."""

    model_config = ConfigDict(from_attributes=True)


class EffectIn(Request):
    """By how many percent a metric shall change until a day: -40 is 40 % less."""

    metric: MeasuredMetric
    change_percent: Annotated[float, Field(ge=-100, le=1000, allow_inf_nan=False)]
    by: Day


class ItemIn(Request):
    """One thing to do. Department and owner are ids of the program."""

    department: Name
    owner: Name
    due_on: Day
    description: Sentence
    expected_effect: EffectIn | None = None

    def item(self) -> ActionItem:
        """Return the item, with an id of its own."""
        effect = self.expected_effect
        return ActionItem(
            item_id=uuid4(),
            department=self.department,
            owner=self.owner,
            due_on=self.due_on,
            description=self.description,
            expected_effect=ExpectedEffect(**dict(effect)) if effect else None,
        )


Items = Annotated[list[ItemIn], Field(min_length=1, max_length=MOST_ITEMS)]


class PlanIn(Request):
    """A proposal: what shall be done, in one or two sentences, and the items."""

    summary: Sentence
    items: Items


class PlanPatch(Request):
    """A change of a plan; what is absent stays.

    `items` replaces all items, while the plan is proposed. `done` names items that are done,
    while it is in progress. `reason` belongs to `on_hold`.
    """

    summary: Sentence | None = None
    items: Items | None = None
    done: Annotated[list[UUID], Field(max_length=MOST_ITEMS)] = []
    state: PlanState | None = None
    reason: Reason = ""


class DecisionIn(Request):
    """What a department says to a plan; a rejection needs a reason."""

    department: Name
    decision: Literal[Verdict.APPROVED, Verdict.REJECTED]
    reason: Reason = ""


class EffectOut(Answer):
    """An expected effect."""

    metric: Metric
    change_percent: float
    by: date


class ItemOut(Answer):
    """An item of a plan. `done_on` is absent until it is done."""

    item_id: UUID
    department: str
    owner: str
    due_on: date
    description: str
    expected_effect: EffectOut | None
    done_on: date | None


class DecisionOut(Answer):
    """What a department concerned said, or `awaited`."""

    department: str
    decision: Verdict
    reason: str
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Return it as the API shows it."""
        return cls(
            department=decision.department,
            decision=decision.verdict,
            reason=decision.reason,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
        )


class PlanOut(Answer):
    """A plan. `next_states` is where PATCH may move it; decisions move it too."""

    plan_id: UUID
    issue_id: UUID
    version: int
    state: PlanState
    next_states: list[PlanState]
    summary: str
    reason: str
    items: list[ItemOut]
    decisions: list[DecisionOut]
    proposed_by: str
    proposed_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, plan: ActionPlan) -> Self:
        """Return it as the API shows it."""
        return cls(
            plan_id=plan.plan_id,
            issue_id=plan.issue_id,
            version=plan.version,
            state=plan.state,
            next_states=sorted(next_states(plan)),
            summary=plan.summary,
            reason=plan.reason,
            items=[ItemOut.model_validate(item) for item in plan.items],
            decisions=[DecisionOut.of(one) for one in plan.decisions],
            proposed_by=plan.proposed_by,
            proposed_at=plan.proposed_at,
            changed_at=plan.changed_at,
        )
