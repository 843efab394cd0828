"""What the API gives about issues and causes: pydantic models, the source of its OpenAPI."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.outer_loop.adapters.reads import (
    ChangeRow,
    DetectionRow,
    FollowUpRow,
    IssueRow,
    Week,
    Why,
)
from services.outer_loop.adapters.recurrence import CameBack
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.routes.schemas import Answer
from shared.contracts.plans import PlanState


class PlanLine(Answer):
    """A plan in a list."""

    plan_id: UUID
    state: PlanState
    version: int
    summary: str


class ThresholdOut(Answer):
    """What it took to open the issue, and the program that said so."""

    customers: int
    days: int
    program_version: int


class IssueOut(Answer):
    """An issue with its counts: customers and follow-ups whose cause is confirmed now.

    `state` is `open` without a plan that is on its way or came to its end, otherwise the state
    of the latest such plan.
    """

    issue_id: UUID
    state: str
    touchpoint: str
    what: str
    departments: list[str]
    threshold: ThresholdOut
    opened_at: datetime
    customers: int
    customers_30_days: int
    followups: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    plans: list[PlanLine]

    @classmethod
    def fields_of(
        cls, row: IssueRow, plans: list[ActionPlan], came_back: Collection[UUID] = ()
    ) -> dict[str, object]:
        """Return the fields of an issue as the API shows them."""
        return {
            "issue_id": row.issue_id,
            "state": issue_state(plans, came_back),
            "touchpoint": row.touchpoint,
            "what": row.what,
            "departments": list(row.departments),
            "threshold": ThresholdOut(
                customers=row.threshold_customers,
                days=row.threshold_days,
                program_version=row.program_version,
            ),
            "opened_at": row.opened_at,
            "customers": row.customers,
            "customers_30_days": row.customers_30_days,
            "followups": row.followups,
            "first_occurred_at": row.first_occurred_at,
            "last_occurred_at": row.last_occurred_at,
            "plans": [PlanLine.model_validate(plan) for plan in plans],
        }


class IssueList(Answer):
    """Issues, those with the most customers in the 30 days before `data_until` first."""

    issues: list[IssueOut]
    total: int
    matching: int
    data_until: datetime


class WeekOut(Answer):
    """A week by its Monday: the cause, and beside it everything said at the touchpoint."""

    week: date
    followups: int
    customers: int
    detractors: int
    feedback: int


class WhyOut(Answer):
    """What one reason accounts for."""

    why: str
    followups: int
    customers: int


class FollowUpOut(Answer):
    """A follow-up that counts for an issue."""

    followup_id: UUID
    customer_id: str
    department: str
    state: str
    severity: str
    why: str
    occurred_at: datetime
    resolved_at: datetime


class ChangeOut(Answer):
    """A change of the issue or of one of its plans."""

    kind: str
    thing_id: UUID
    version: int
    change: str
    actor: str
    reason: str
    changed_at: datetime


class RecurrenceOut(Answer):
    """The issue came back after a plan had worked: what that took, within how many days."""

    plan_id: UUID
    customers: int
    days: int
    since: datetime
    recurred_at: datetime


class DetectionOut(Answer):
    """Why the detector opened the issue: so many customers in `span` days where `usual` were.

    `chance` alone would do that as often, over all that was looked at, on the day `as_of`.
    """

    kind: Literal["safety", "new", "risen"]
    sentence: str
    span: int
    customers: int
    usual: float
    chance: float
    as_of: date
    program_version: int


class IssueDetail(IssueOut):
    """An issue with its weeks, reasons, the latest 200 follow-ups, and its history.

    `detection` is there where the detector opened it, and not the number of confirmed causes.
    """

    data_until: datetime
    time_zone: str
    weeks: list[WeekOut]
    root_causes: list[WhyOut]
    followup_list: list[FollowUpOut]
    history: list[ChangeOut]
    recurrences: list[RecurrenceOut]
    detection: DetectionOut | None

    @classmethod
    def of(  # noqa: PLR0913  (the parts of one answer)
        cls,
        row: IssueRow,
        plans: list[ActionPlan],
        *,
        data_until: datetime,
        time_zone: str,
        weeks: list[Week],
        whys: list[Why],
        followups: list[FollowUpRow],
        changes: list[ChangeRow],
        recurrences: list[CameBack],
        detection: DetectionRow | None,
    ) -> Self:
        """Return all that is known about an issue."""
        return cls.model_validate(
            IssueOut.fields_of(row, plans, [one.plan_id for one in recurrences])
            | {
                "data_until": data_until,
                "time_zone": time_zone,
                "weeks": weeks,
                "root_causes": whys,
                "followup_list": followups,
                "history": changes,
                "recurrences": recurrences,
                "detection": detection,
            }
        )


class CauseOut(Answer):
    """A group's confirmed causes and detractors, with everything said there as n.

    For the groups of `what` and `why` detractors are absent and n is that of the whole period,
    since feedback has no cause until its follow-up is resolved.
    """

    name: str
    week: date | None
    confirmed: int
    customers: int
    detractors: int | None
    feedback: int


class CauseList(Answer):
    """Causes of a period; both days are inside, in the time zone given."""

    group_by: str
    start: Annotated[date, Field(serialization_alias="from")]
    to: date
    interval: str | None
    time_zone: str
    groups: list[CauseOut]


def issue_state(plans: list[ActionPlan], came_back: Collection[UUID] = ()) -> str:
    """Return where the issue stands: `open`, or the state of its latest plan not rejected.

    A plan of `came_back` had worked until the issue was back: the issue is open again.
    """
    states = [
        plan.state
        for plan in plans
        if plan.state is not PlanState.REJECTED and plan.plan_id not in came_back
    ]
    return states[0].value if states else "open"
