"""What the API takes and gives about the effect of plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.outer_loop.domain.designs import Assessed, PlannedDesign
from services.outer_loop.domain.impact.design import ImpactDesign, MeasuredMetric, Metric
from services.outer_loop.domain.impact.report import Report
from services.outer_loop.domain.impact.stakes import Stakes
from services.outer_loop.routes.schemas import Answer, Reason, Request
from shared.contracts.events import Name
from shared.contracts.plans import PlanState
from shared.web.days import Day

_Finite = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=-(2**31), lt=2**31)]
_Groups = Annotated[list[Name], Field(max_length=200)]


class StakesIn(Request):
    """What the company states: customers in the weeks after, the share that leaves, worth, cost.

    `leaving` (0 to 1) is lost more of customers whom the metric counts.
    """

    customers: _Count
    leaving: _Finite
    worth: _Finite
    cost: _Finite
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def stakes(self) -> Stakes:
        """Return them; raises InvalidDesignError for what cannot be."""
        return Stakes(**dict(self))


class DesignIn(Request):
    """What to measure. Groups are touchpoints; `expected` is signed: -4 is four in 100 fewer.

    `reason` is asked for once the plan is approved.
    """

    metric: MeasuredMetric
    touched: _Groups
    untouched: _Groups = Field(default_factory=list)
    starts_on: Day
    weeks_before: _Count
    weeks_after: _Count
    expected: _Finite
    stakes: StakesIn | None = None
    reason: Reason = ""

    def design(self, at: datetime) -> ImpactDesign:
        """Return the design as set at that moment; raises InvalidDesignError."""
        return ImpactDesign(
            metric=Metric(self.metric),
            touched=frozenset(self.touched),
            untouched=frozenset(self.untouched),
            starts_on=self.starts_on,
            weeks_before=self.weeks_before,
            weeks_after=self.weeks_after,
            expected=self.expected,
            frozen_at=at,
        )


class StakesOut(Answer):
    """What the company states."""

    customers: int
    leaving: float
    worth: float
    cost: float
    currency: str


class DesignOut(Answer):
    """A design. `late` when it was set after the change had begun."""

    version: int
    metric: Metric
    unit: str
    touched: list[str]
    untouched: list[str]
    starts_on: date
    weeks_before: int
    weeks_after: int
    expected: float
    picked_first: date | None
    picked_last: date | None
    stakes: StakesOut | None
    frozen: bool
    late: bool
    reason: str
    set_by: str
    set_at: datetime

    @classmethod
    def of(cls, planned: PlannedDesign) -> Self:
        """Return it as the API shows it."""
        design = planned.design
        return cls(
            version=planned.version,
            metric=design.metric,
            unit=design.metric.unit,
            touched=sorted(design.touched),
            untouched=sorted(design.untouched),
            starts_on=design.starts_on,
            weeks_before=design.weeks_before,
            weeks_after=design.weeks_after,
            expected=design.expected,
            picked_first=design.picked.first if design.picked else None,
            picked_last=design.picked.last if design.picked else None,
            stakes=StakesOut.model_validate(planned.stakes) if planned.stakes else None,
            frozen=planned.is_frozen,
            late=planned.is_frozen and design.late,
            reason=planned.reason,
            set_by=planned.set_by,
            set_at=planned.set_at,
        )


class PowerOut(Answer):
    """What the design will find 8 times in 10, in the metric's unit, before the change."""

    smallest: float
    weeks_needed: int | None
    listening_needed: float
    sentence: str


class AssessmentOut(Answer):
    """What was found after so many complete weeks, by one version of the design."""

    design_version: int
    weeks: int
    at: datetime
    is_final: bool
    report: Report

    @classmethod
    def of(cls, assessed: Assessed) -> Self:
        """Return it as the API shows it."""
        return cls.model_validate(assessed)


class ImpactOut(Answer):
    """The plan's design, what it will find, and what was found, the latest first."""

    plan_id: UUID
    version: int
    state: PlanState
    design: DesignOut | None
    power: PowerOut | None
    assessments: list[AssessmentOut]
