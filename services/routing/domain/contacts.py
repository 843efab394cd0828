"""Attempts to reach a customer: where they lead, and when somebody counts as unreachable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.routing.domain.channel_messages import ChannelMessage
from services.routing.domain.mails import Mail
from services.routing.errors import IncompleteError, NoContactError, TooFewAttemptsError
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import FollowUpState
from shared.program.document import Program

#: What a history calls it when an attempt was logged.
CONTACTED = "contacted"

_BEGINS = frozenset({FollowUpState.ACKNOWLEDGED, FollowUpState.REOPENED, FollowUpState.UNREACHABLE})
_REFUSED = {
    FollowUpState.NEW: ("Nobody has it yet.", "Take it first."),
    FollowUpState.VERIFIED: ("It is done.", "Reopen it first."),
    FollowUpState.CLOSED: ("It is closed.", "Reopen it first."),
    FollowUpState.MERGED: ("It was merged into another.", "Log the contact there."),
    FollowUpState.DECLINED_CONTACT: ("The customer wants no contact.", "Start work on it first."),
}
_SPOKEN = frozenset({ContactChannel.PHONE, ContactChannel.VISIT})
_IN_VAIN = frozenset({ContactOutcome.NO_ANSWER, ContactOutcome.WRONG_DETAILS, ContactOutcome.SENT})
#: After these, whoever wants to give up has to try anew.
_NEW_ROUND = frozenset({FollowUpState.REOPENED.value, FollowUpState.UNREACHABLE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An attempt to reach the customer, as its owner logs it, and what goes out with it."""

    channel: ContactChannel
    outcome: ContactOutcome
    mail: Mail | None = None
    message: ChannelMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAttempt:
    """An attempt that was logged when the follow-up came to `version`."""

    followup_id: UUID
    version: int
    tenant: str
    channel: ContactChannel
    outcome: ContactOutcome
    at: datetime
    by: str
    by_name: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many attempts in vain there were, on how many days, and how many there have to be."""

    attempts: int
    attempts_needed: int
    days: int
    days_needed: int

    @property
    def is_enough(self) -> bool:
        """Return whether the customer may count as unreachable."""
        return self.attempts >= self.attempts_needed and self.days >= self.days_needed

    @property
    def words(self) -> str:
        """Say it: '2 of 3 attempts, on 1 of 2 days'."""
        days = "day" if self.days_needed == 1 else "days"
        return (
            f"{self.attempts} of {self.attempts_needed} attempts,"
            f" on {self.days} of {self.days_needed} {days}"
        )


def state_after(present: FollowUpState) -> FollowUpState:
    """Return the state that an attempt leads to; raises NoContactError where none may be made."""
    if present in _REFUSED:
        detail, remedy = _REFUSED[present]
        raise NoContactError(f"No contact can be logged: {detail}", remedy=remedy)
    return FollowUpState.CONTACTING if present in _BEGINS else present


def refuse_impossible(contact: Contact) -> None:
    """Raise IncompleteError for an outcome that its channel can't have."""
    if contact.outcome is ContactOutcome.SENT and contact.channel in _SPOKEN:
        raise IncompleteError(
            {"outcome": f"A {contact.channel} is not sent: say whether you reached the customer."}
        )


def in_vain(
    attempts: Iterable[ContactAttempt], changes: Iterable[tuple[int, str]]
) -> list[ContactAttempt]:
    """Return the attempts, in order, since the customer was last reached or it began anew.

    `changes` are the follow-up's versions and the names of their changes.
    """
    since = max((version for version, name in changes if name in _NEW_ROUND), default=0)
    tried: list[ContactAttempt] = []
    for one in attempts:
        if one.version > since:
            tried = [*tried, one] if one.outcome in _IN_VAIN else []
    return tried


def tally_of(tried: Sequence[ContactAttempt], program: Program) -> Tally:
    """Hold attempts in vain against what `program` asks for; its time zone tells the days."""
    needed, zone = program.contact.unreachable_after, ZoneInfo(program.time_zone)
    return Tally(
        attempts=len(tried),
        attempts_needed=needed.attempts,
        days=len({one.at.astimezone(zone).date() for one in tried}),
        days_needed=needed.days,
    )


def refuse_too_few(tried: Sequence[ContactAttempt], program: Program) -> None:
    """Raise TooFewAttemptsError while the program asks for more attempts than were in vain."""
    tally = tally_of(tried, program)
    if not tally.is_enough:
        raise TooFewAttemptsError(
            f"The customer can't count as unreachable yet: {tally.words}.",
            remedy="Try again, by another channel or on another day, and log each attempt.",
        )
