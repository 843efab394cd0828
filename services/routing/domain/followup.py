"""A follow-up: what a customer said, who answers for it until when, and how it was solved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.routing.domain.timetable import Timetable
from services.routing.domain.why import Why
from services.routing.errors import RoutingError
from shared.contracts.events import Category, FollowUpState, Severity
from shared.program.escalation import Level

#: The states in which somebody still has to act; the clock runs.
OPEN_STATES = frozenset(
    {
        FollowUpState.NEW,
        FollowUpState.ASSIGNED,
        FollowUpState.ACKNOWLEDGED,
        FollowUpState.CONTACTING,
        FollowUpState.IN_PROGRESS,
        FollowUpState.WAITING_CUSTOMER,
        FollowUpState.REOPENED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What the customer said, where and when. `scale` and `value` are absent without a rating."""

    feedback_id: UUID
    customer_id: str
    segment: str | None
    touchpoint: str
    listening_post: str
    occurred_at: datetime
    received_at: datetime
    text: str | None
    language: str | None
    scale: str | None
    value: float | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the program judged it, and which rule of which version did."""

    category: Category
    severity: Severity
    rule: str | None
    reason: str
    program_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whose place in the rotation had it when it was opened: `place` of `size`, 0 for none."""

    place: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What went wrong and why, as the owner confirmed it, and what was done."""

    what: str
    why: str
    action_taken: str
    resolved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A follow-up as it stands. `version` counts its changes from 1.

    `why` tells why its owner has it; it is None for what was opened before that was kept.
    `due_at` is by when it is to be resolved. `timetable` is None for one of a release that kept
    no other deadline, until its state changes. `next_alarm_at` is when somebody is to be told
    that time runs out, `escalation_level` how far up that went in its present round.
    `issue_id` is the systemic issue that somebody has said it belongs to.
    """

    followup_id: UUID
    tenant: str
    version: int
    state: FollowUpState
    team: str
    department: str
    owner: str | None
    turn: Turn
    voice: Voice
    verdict: Verdict
    opened_at: datetime
    due_at: datetime
    changed_at: datetime
    resolution: Resolution | None = None
    why: Why | None = None
    timetable: Timetable | None = None
    next_alarm_at: datetime | None = None
    escalation_level: Level = Level.NONE
    issue_id: UUID | None = None

    @property
    def is_escalated(self) -> bool:
        """Whether somebody above the owner was told, in the present round."""
        return self.escalation_level > Level.OWNER

    @property
    def is_last_resort(self) -> bool:
        """Whether nobody of the team could be given it, and nobody has taken it since."""
        return self.why is not None and self.why.is_last_resort

    @property
    def breach_at(self) -> datetime:
        """When the first step that is not done is late; lists come in this order."""
        step = self.timetable.next if self.timetable else None
        return step.due_at if step else self.due_at

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in OPEN_STATES

    def next_version(self, now: datetime) -> FollowUp:
        """Return it one version on, changed at `now`.

        Who waited for a lock, or another machine's clock, may be behind: histories stay in order.
        """
        return replace(self, version=self.version + 1, changed_at=max(now, self.changed_at))


class StaleVersionError(RoutingError):
    """The follow-up was changed since the version that the request names."""

    def __init__(self, current: FollowUp, expected: int) -> None:
        super().__init__(
            f"You change version {expected}, but the follow-up is at version {current.version}.",
            remedy="Look at what changed and repeat your change on the present version.",
        )
        self.current = current
        self.expected = expected
