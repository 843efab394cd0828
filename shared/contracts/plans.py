"""outer_loop.changed.v1: what departments decide about what keeps going wrong."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.events import CloudEvent, Moment, Name, Tolerant


class PlanState(StrEnum):
    """Where an action plan stands."""

    PROPOSED = "proposed"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    ON_HOLD = "on_hold"
    IN_PROGRESS = "in_progress"
    IMPLEMENTED = "implemented"
    MEASURING = "measuring"
    EFFECTIVE = "effective"
    INEFFECTIVE = "ineffective"
    INCONCLUSIVE = "inconclusive"


class OuterLoopChange(Tolerant):
    """A systemic issue, or a plan for it, as it stands after one change.

    `version` counts the changes of the thing that `kind` and its id name, from 1. `what` is what
    went wrong, an id from the program's taxonomy: an issue has one, and many reasons why.
    """

    kind: Literal["systemic_issue", "action_plan"]
    issue_id: UUID
    plan_id: UUID | None = None
    version: Annotated[int, Field(ge=1)]
    change: Name
    touchpoint: Name
    what: Name
    customers: Annotated[int, Field(ge=0)]
    state: Name
    changed_at: Moment
    actor: Name


class OuterLoopChanged(CloudEvent[OuterLoopChange]):
    """outer_loop.changed.v1: a systemic issue or an action plan changed."""

    type: Literal["outer_loop.changed.v1"]
