"""The ladder of a follow-up: of which step somebody is told next, and when.

The moment at which a share of a step's time is over is the deadline of a policy that gives only
that share of its hours: business hours, pauses and reopenings count as they do for the deadline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.routing.domain.calendar import NeverReachedError
from services.routing.domain.sla import StateChange, Terms, deadlines
from services.routing.domain.timetable import Step, Timetable
from shared.contracts.events import FollowUpState
from shared.program.document import Escalation, SlaPolicy
from shared.program.escalation import Level

_POLICIES_KEPT = 1000
_HOURS = ("acknowledge_hours", "first_contact_hours", "next_contact_hours", "resolve_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """That somebody was told of a step: `due_at` is when it was to be, `fired_at` when it was.

    `round` is 1 and grows with each reopening. `told` is None where the program has nobody for
    it any more. `version` is the follow-up's, `program_version` says whose ladder it was.
    """

    round: int
    step: Step
    level: Level
    share: float
    told: str | None
    due_at: datetime
    fired_at: datetime
    version: int
    program_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Somebody is to be told of a step at `at`: when the share is over, or a later pause ends."""

    escalation: Escalation
    round: int
    due_at: datetime
    at: datetime


def round_of(history: Sequence[StateChange]) -> int:
    """Return the round of a follow-up with these states: 1, and one more for each reopening."""
    return 1 + sum(one.state is FollowUpState.REOPENED for one in history)


def level_of(told: Sequence[Told], present: int) -> Level:
    """Return how far up a follow-up was told in its present round."""
    return max((one.level for one in told if one.round == present), default=Level.NONE)


def next_alarm(
    terms: Terms,
    ladder: Sequence[Escalation],
    opened_at: datetime,
    history: Sequence[StateChange],
    table: Timetable,
    told: Sequence[Told],
) -> Alarm | None:
    """Return who is told next of a follow-up, None when nobody is.

    `table` is its timetable after `history`. Nobody is told of what is done, nor while the clock
    is paused, nor a second time in a round, nor after somebody above them.
    """
    present = round_of(history)
    alarms = (
        _alarm(terms, escalation, opened_at, history, table, present)
        for escalation in _next_rungs(ladder, table, told, present)
    )
    found = [alarm for alarm in alarms if alarm]
    return min(found, key=lambda one: (one.due_at, one.escalation.level), default=None)


def _next_rungs(
    ladder: Sequence[Escalation], table: Timetable, told: Sequence[Told], present: int
) -> Iterator[Escalation]:
    for one in table.steps:
        if one.done:
            continue
        reached = level_of([was for was in told if was.step is one.step], present)
        rungs = (rung for rung in ladder if rung.step == one.step and rung.level > reached)
        lowest = min(rungs, key=lambda rung: rung.level, default=None)
        if lowest:
            yield lowest


def _alarm(
    terms: Terms,
    escalation: Escalation,
    opened_at: datetime,
    history: Sequence[StateChange],
    table: Timetable,
    present: int,
) -> Alarm | None:
    policy = shared_out(terms.policy, escalation.share)
    try:
        due = deadlines(policy, terms.clock, opened_at, history)
    except NeverReachedError:  # a share above 1 may lie beyond the calendar's years
        return None
    due_at: datetime | None = getattr(due, escalation.step)
    if due_at is None:
        return None
    at = max(due_at, table.paused.until) if table.paused else due_at
    return Alarm(escalation=escalation, round=present, due_at=due_at, at=at)


@lru_cache(_POLICIES_KEPT)
def shared_out(policy: SlaPolicy, share: float) -> SlaPolicy:
    """Return the policy that gives each step `share` of the hours that `policy` gives it."""
    hours = {name: getattr(policy, name) for name in _HOURS}
    return policy.model_copy(
        update={name: share * given for name, given in hours.items() if given is not None}
    )
