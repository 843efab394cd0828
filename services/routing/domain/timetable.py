"""The clocks of a follow-up as it stands: what is due next, by when, and what is paused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from services.routing.domain.calendar import Clock
from services.routing.domain.sla import CONTACT_STATES, Deadlines, StateChange, Terms, deadlines
from shared.contracts.events import FollowUpState

#: As long as it was in no other state, nobody has acknowledged it.
_UNSEEN = frozenset({FollowUpState.NEW, FollowUpState.ASSIGNED})
_RESOLVED = frozenset({FollowUpState.RESOLVED, FollowUpState.VERIFIED, FollowUpState.CLOSED})
#: Who was contacted, or whose case was solved without, waits for no first contact.
_FIRST_CONTACT_DONE = CONTACT_STATES | _RESOLVED


class Step(StrEnum):
    """What a policy gives time for, in the order in which it is done."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_CONTACT = "first_contact"
    NEXT_CONTACT = "next_contact"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """By when a step is to be done, and whether it was."""

    step: Step
    due_at: datetime
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedClock:
    """The clock stands since `since`, and goes on at `until` even without an answer."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The steps of an open or closed follow-up; `why` names the policy and its hours.

    Of the steps that are not done, `next` is the one whose time runs out first. While the
    follow-up waits for the customer, times are those for one who does not answer.
    """

    why: str
    program_version: int
    clock: str
    steps: tuple[StepTime, ...]
    paused: PausedClock | None = None

    @property
    def next(self) -> StepTime | None:
        """Return the step that is due next, None when all are done."""
        undone = (one for one in self.steps if not one.done)
        return min(undone, key=lambda one: one.due_at, default=None)


def timetable(
    terms: Terms, program_version: int, opened_at: datetime, history: Sequence[StateChange]
) -> Timetable:
    """Return the clocks of a follow-up whose states so far are `history`, in order of time.

    `opened_at` is the moment from which its first clocks run.
    """
    due = deadlines(terms.policy, terms.clock, opened_at, history)
    return Timetable(
        why=terms.why,
        program_version=program_version,
        clock=terms.policy.clock,
        steps=tuple(_steps(due, history)),
        paused=_paused(terms, _round(history)),
    )


def _steps(due: Deadlines, history: Sequence[StateChange]) -> Iterator[StepTime]:
    states = {one.state for one in history}
    contacted = any(one.is_contact for one in history)
    over = bool(history) and not is_running(history[-1].state)
    times = (
        (Step.ACKNOWLEDGE, due.acknowledge, bool(states - _UNSEEN)),
        (Step.FIRST_CONTACT, due.first_contact, contacted or bool(states & _FIRST_CONTACT_DONE)),
        (Step.NEXT_CONTACT, due.next_contact, False),
        (Step.RESOLVE, due.resolve, False),
    )
    for step, due_at, done in times:
        if due_at is not None:
            yield StepTime(step=step, due_at=due_at, done=over or done)


def is_running(state: FollowUpState) -> bool:
    """Return whether somebody still has to act in `state`, so that its clocks count."""
    return state not in _STOPPED


_STOPPED = _RESOLVED | {
    FollowUpState.MERGED,
    FollowUpState.UNREACHABLE,
    FollowUpState.DECLINED_CONTACT,
}


def _round(history: Sequence[StateChange]) -> Sequence[StateChange]:
    """Return the states since the follow-up was last reopened."""
    begins = [n for n, one in enumerate(history) if one.state is FollowUpState.REOPENED]
    return history[begins[-1] :] if begins else history


def _paused(terms: Terms, states: Sequence[StateChange]) -> PausedClock | None:
    """Return the pause, of which what earlier waiting in this round took is gone."""
    pause = terms.policy.pause
    if pause is None or not states or states[-1].state is not FollowUpState.WAITING_CUSTOMER:
        return None
    since = states[-1].at
    left = timedelta(hours=pause.max_hours) - _waited(terms.clock, states)
    if left <= timedelta(0):
        return None
    return PausedClock(since=since, until=terms.clock.after(since, left))


def _waited(clock: Clock, states: Sequence[StateChange]) -> timedelta:
    spans = (
        clock.between(one.at, after.at)
        for one, after in pairwise(states)
        if one.state is FollowUpState.WAITING_CUSTOMER
    )
    return sum(spans, timedelta(0))
