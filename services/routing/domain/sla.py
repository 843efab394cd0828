"""Deadlines of a follow-up: which policy counts, by which clock, and when each step is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from services.routing.domain.calendar import BusinessTime, CalendarTime, Clock
from shared.contracts.events import FollowUpState, Severity
from shared.program.document import BusinessCalendar, Program, SlaPolicy

#: Entering one of these says that the customer was, or is being, contacted.
CONTACT_STATES = frozenset({FollowUpState.CONTACTING, FollowUpState.WAITING_CUSTOMER})
_CLOCKS_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """That a follow-up came into `state` at `at`; `is_contact`: that a contact was made then."""

    state: FollowUpState
    at: datetime
    is_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """By when each step is due, in UTC; None where the policy gives no time or it's not its turn.

    `next_contact` is None before the first contact. A deadline stays when its step is done.
    """

    acknowledge: datetime | None
    first_contact: datetime | None
    next_contact: datetime | None
    resolve: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The policy and the clock for one follow-up; `why` says in words how they were chosen."""

    policy: SlaPolicy
    clock: Clock
    why: str


def terms(program: Program, team: str, severity: Severity, segment: str | None) -> Terms:
    """Return what `program` grants a follow-up of `team`.

    A team that is no longer in the program, or has no calendar, counts every hour.
    """
    policy = program.sla_policy(severity, segment)
    calendar = program.calendar_of(team) if policy.clock == "business" else None
    hours = f"in the hours of {calendar.name}" if calendar else "in calendar hours"
    return Terms(policy=policy, clock=_clock(calendar), why=f"Policy for {policy}, {hours}")


def deadlines(
    policy: SlaPolicy, clock: Clock, opened_at: datetime, history: Sequence[StateChange]
) -> Deadlines:
    """Return by when each step is due, for a follow-up whose states so far are `history`.

    `history` is in the order of time, and its first change not before `opened_at`. Resolution,
    and the next contact, count anew from when the follow-up was last reopened. While it waits
    for the customer their clock stands, for as long as the policy's pause lasts; as long as it
    still waits, the deadline is the one for a customer who does not answer.
    """
    reopened = [one.at for one in history if one.state is FollowUpState.REOPENED]
    start = reopened[-1] if reopened else opened_at
    now = [one for one in history if one.at >= start]
    contacts = [one.at for one in now if one.is_contact or one.state in CONTACT_STATES]
    waits = list(_waits(now))
    contact = policy.next_contact_hours
    return Deadlines(
        acknowledge=_after(clock, opened_at, policy.acknowledge_hours),
        first_contact=_after(clock, opened_at, policy.first_contact_hours),
        next_contact=_due(policy, clock, contacts[-1], contact, waits)
        if contacts and contact
        else None,
        resolve=_due(policy, clock, start, policy.resolve_hours, waits),
    )


def states_entered(history: Sequence[StateChange]) -> list[StateChange]:
    """Return the entries of `history`, oldest first, that are contacts or bring another state.

    Moments come from the clocks of several machines: none is left before the one it follows. What
    was merged and split again has never been away.
    """
    entered: list[StateChange] = []
    for one in history:
        if _is_split(entered, one):
            entered.pop()
        last = entered[-1] if entered else None
        if last is None or one.is_contact or one.state is not last.state:
            at = max(one.at, last.at) if last else one.at
            entered.append(replace(one, at=at))
    return entered


def _is_split(entered: Sequence[StateChange], one: StateChange) -> bool:
    was_merged = bool(entered) and entered[-1].state is FollowUpState.MERGED
    return was_merged and one.state is not FollowUpState.MERGED


Wait = tuple[datetime, datetime | None]


def _waits(history: Sequence[StateChange]) -> Iterator[Wait]:
    """Yield from when to when it waited for the customer; None where it still does."""
    ends: list[datetime | None] = [*(one.at for one in history[1:]), None]
    for one, end in zip(history, ends, strict=False):
        if one.state is FollowUpState.WAITING_CUSTOMER:
            yield one.at, end


def _due(
    policy: SlaPolicy, clock: Clock, start: datetime, hours: float, waits: Sequence[Wait]
) -> datetime:
    """Return when `hours` have been counted from `start`, not counting `waits` up to the cap."""
    left = timedelta(hours=hours)
    pause_left = timedelta(hours=policy.pause.max_hours if policy.pause else 0)
    for begun, ended in waits:
        if begun < start:
            continue
        run = clock.between(start, begun)
        if run >= left:
            break
        left -= run
        paused = pause_left if ended is None else min(pause_left, clock.between(begun, ended))
        pause_left -= paused
        start = clock.after(begun, paused)
    return clock.after(start, left)


def _after(clock: Clock, start: datetime, hours: float | None) -> datetime | None:
    return clock.after(start, timedelta(hours=hours)) if hours else None


def _clock(calendar: BusinessCalendar | None) -> Clock:
    return _business_time(calendar) if calendar else _CALENDAR_TIME


_CALENDAR_TIME = CalendarTime()


@lru_cache(_CLOCKS_KEPT)
def _business_time(calendar: BusinessCalendar) -> BusinessTime:
    """Return the compiled calendar: one for all programs in which it says the same."""
    return BusinessTime(calendar)


def clock_of_team(program: Program, team: str) -> Clock:
    """Return the clock of the team's hours; one that counts every hour where it has none."""
    return _clock(program.calendar_of(team))


def resolve_by(
    program: Program, team: str, severity: Severity, segment: str | None, since: datetime
) -> datetime:
    """Return by when a follow-up of `team` is to be resolved whose clock starts at `since`."""
    found = terms(program, team, severity, segment)
    return deadlines(found.policy, found.clock, since, ()).resolve
