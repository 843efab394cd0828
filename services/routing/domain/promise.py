"""What a customer's page says of a follow-up: who has it, how many are ahead, by when what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.routing.domain.contacts import CONTACTED
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.sla import Terms, terms
from services.routing.domain.timetable import Step, StepTime
from services.routing.domain.transitions import TRANSITIONS, Actor, Standing
from shared.contracts.events import FollowUpState, Severity
from shared.program.document import Program

CUSTOMER = Actor(subject="customer", roles=frozenset(), stands_as=Standing.CUSTOMER)
CUSTOMER_NAME = "The customer"
#: So many entries a customer can make in the history of one case.
MOST_ACTS = 100
LONGEST_WORDS = 4_000

#: Nobody works on it at this moment, so that it has a place in the queue.
QUEUED = frozenset(
    {
        FollowUpState.NEW,
        FollowUpState.ASSIGNED,
        FollowUpState.ACKNOWLEDGED,
        FollowUpState.REOPENED,
    }
)
_TURNED_TO = frozenset({FollowUpState.CONTACTING.value, CONTACTED})
_BY_URGENCY = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
#: A step whose policy names no hours is promised anew from day to day.
_A_DAY = 24.0

Wish = Literal["not_solved", "person", "add", "erase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What is kept for a follow-up's page.

    `generation` is that of the link that works. `told_customer` is what the customer reads about
    the solution; `call_asked_at` when they last asked for a person.
    """

    followup_id: UUID
    tenant: str
    generation: int = 0
    told_customer: str | None = None
    call_asked_at: datetime | None = None
    erasure_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How many open follow-ups of the team are due before this one, `ahead`.

    `may_overtake` are those due after it that are more urgent. Either number stops at `most`.
    """

    ahead: int
    may_overtake: int
    most: int

    @property
    def is_exact(self) -> bool:
        """Whether counting did not stop before the end."""
        return self.ahead < self.most and self.may_overtake < self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What is promised by when; `missed` is the promise before it, when that was broken."""

    step: Step
    due_at: datetime
    missed: StepTime | None = None


def is_expired(followup: FollowUp, program: Program, now: datetime) -> bool:
    """Return whether the page's time is over: long after anybody had to act."""
    lasts = timedelta(days=program.promise.expires_days)
    return not followup.is_open and now >= followup.changed_at + lasts


def can_reopen(followup: FollowUp) -> bool:
    """Return whether the customer's word opens it again."""
    return Standing.CUSTOMER in TRANSITIONS[followup.state].get(FollowUpState.REOPENED, frozenset())


def wants_person(promise: Promise, history: Sequence[HistoryEntry]) -> bool:
    """Return whether the customer asked for a person and nobody has turned to them since."""
    asked = promise.call_asked_at
    return asked is not None and not any(
        entry.change in _TURNED_TO and entry.changed_at > asked for entry in history
    )


def holds_words(followup: FollowUp, history: Sequence[HistoryEntry]) -> bool:
    """Return whether something is left of what the customer said, or of how they are reached."""
    voice = followup.voice
    written = (entry.note for entry in history if entry.actor == CUSTOMER.subject)
    said = (voice.text, voice.contact_name, voice.contact_email, voice.contact_phone)
    return any(said) or any(written)


def more_urgent(severity: Severity) -> list[str]:
    """Return the severities above `severity`."""
    known = _BY_URGENCY.index(severity) if severity in _BY_URGENCY else -1
    return [one.value for one in _BY_URGENCY[known + 1 :]]


def commitment_of(followup: FollowUp, program: Program, now: datetime) -> Commitment | None:
    """Return what the customer can count on next; None when nobody has to act.

    A promise that was broken is named, and followed by the next one that is not: a later step of
    the timetable, or the same step once more, as long again after its date as its policy allows.
    The new date follows from the timetable alone, so everybody reads the same one.
    """
    if not followup.is_open:
        return None
    steps = _undone(followup)
    late = next((one for one in steps if one.due_at <= now), None)
    ahead = next((one for one in steps if one.due_at > now), None)
    if ahead:
        return Commitment(step=ahead.step, due_at=ahead.due_at, missed=late)
    last = steps[-1]
    return Commitment(step=last.step, due_at=_renewed(last, followup, program, now), missed=late)


def _undone(followup: FollowUp) -> list[StepTime]:
    table = followup.timetable
    undone = [one for one in table.steps if not one.done] if table else []
    undone = undone or [StepTime(step=Step.RESOLVE, due_at=followup.due_at, done=False)]
    return sorted(undone, key=lambda one: one.due_at)


def _renewed(late: StepTime, followup: FollowUp, program: Program, now: datetime) -> datetime:
    found = terms(program, followup.team, followup.verdict.severity, followup.voice.segment)
    hours = timedelta(hours=_hours_of(late.step, found))
    whole = found.clock.between(late.due_at, now) // hours + 1
    due_at = found.clock.after(late.due_at, whole * hours)
    # Open hours that end now bring the date to this very moment: one more makes it one to come.
    return due_at if due_at > now else found.clock.after(due_at, hours)


def _hours_of(step: Step, found: Terms) -> float:
    policy = found.policy
    match step:
        case Step.ACKNOWLEDGE:
            return policy.acknowledge_hours or _A_DAY
        case Step.FIRST_CONTACT:
            return policy.first_contact_hours or _A_DAY
        case Step.NEXT_CONTACT:
            return policy.next_contact_hours or _A_DAY
        case Step.RESOLVE:
            return policy.resolve_hours
