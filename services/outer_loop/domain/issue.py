"""Facts about customers, and the systemic issue that grows out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.outer_loop.domain.window import Threshold
from shared.contracts.events import FollowUpState
from shared.ids import derived_id

#: In these states the owner stands by the cause. A reopened follow-up has none until it is
#: resolved again: the customer says that it was not solved, so maybe it was not understood.
CONFIRMING = frozenset({FollowUpState.RESOLVED, FollowUpState.VERIFIED, FollowUpState.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFact:
    """Who said something where and when, how they stand to the company, and what scoring read.

    `theme` (what went wrong) and `cause` (why) are suggested; how probable, in millionths.
    `customer_value` is what the customer is worth, in the tenant's currency.
    """

    feedback_id: UUID
    received_at: datetime
    tenant: str
    customer_id: str
    touchpoint: str
    department: str
    category: str
    severity: str
    occurred_at: datetime
    segment: str | None = None
    journey: str | None = None
    place: str | None = None
    product: str | None = None
    account_id: str | None = None
    customer_value: float | None = None
    theme: str | None = None
    theme_millionths: int | None = None
    cause: str | None = None
    cause_millionths: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpVersion:
    """A follow-up as one change left it, with the cause that its owner stands by, if any."""

    followup_id: UUID
    version: int
    tenant: str
    customer_id: str
    touchpoint: str
    department: str
    state: str
    severity: str
    what: str | None
    why: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    changed_at: datetime

    @property
    def key(self) -> IssueKey | None:
        """Return the issue that this version speaks for, None without a confirmed cause."""
        if self.what is None:
            return None
        return IssueKey(self.tenant, self.touchpoint, self.what)


@dataclass(frozen=True, slots=True, order=True)
class IssueKey:
    """What one issue is about: the same thing going wrong at one touchpoint."""

    tenant: str
    touchpoint: str
    what: str

    @property
    def issue_id(self) -> UUID:
        """Return the id of the issue: the same for everyone who computes it."""
        return derived_id("systemic_issue", self.tenant, self.touchpoint, self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemicIssue:
    """A cause that so many customers met that single answers do not help any more."""

    issue_id: UUID
    key: IssueKey
    threshold: Threshold
    opened_at: datetime
