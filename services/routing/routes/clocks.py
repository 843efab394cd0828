"""The clocks of one case in words: each step, by when, how long is left, and what is paused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.domain.followup import FollowUp
from services.routing.domain.timetable import Step, StepTime
from shared.program.escalation import Level
from shared.web.pages import span

_STEPS = {
    Step.ACKNOWLEDGE: "Acknowledge",
    Step.FIRST_CONTACT: "Contact the customer",
    Step.NEXT_CONTACT: "Contact them again",
    Step.RESOLVE: "Resolve",
}
#: How far up it was told: what a list's row says, and how urgent that is.
MARKS = {Level.LEAD: ("lead told", "warn"), Level.HEAD: ("head told", "bad")}
_SOON = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClock:
    """A step of a case: by when, how that stands in words, and how urgent it is."""

    name: str
    due_at: datetime
    words: str
    urgency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks of a case; `why` says which policy counts, `paused` until when it stands."""

    steps: Sequence[StepClock]
    why: str
    paused_since: datetime | None
    paused_until: datetime | None
    told: str
    next_alarm_at: datetime | None


def clocks_of(followup: FollowUp, now: datetime) -> Clocks | None:
    """Return what the case page says of the clocks; None when no steps were kept."""
    table = followup.timetable
    if table is None:
        return None
    paused = table.paused if table.paused and table.paused.until > now else None
    return Clocks(
        steps=[_step(one, followup, now) for one in table.steps],
        why=table.why,
        paused_since=paused.since if paused else None,
        paused_until=paused.until if paused else None,
        told=_TOLD[followup.escalation_level],
        next_alarm_at=followup.next_alarm_at,
    )


_TOLD = {
    Level.NONE: "",
    Level.OWNER: "The owner was reminded.",
    Level.LEAD: "The team's lead was told.",
    Level.HEAD: "The department's head was told.",
}


def _step(one: StepTime, followup: FollowUp, now: datetime) -> StepClock:
    left = one.due_at - now
    name = _STEPS[one.step]
    if not followup.is_open:
        return StepClock(name=name, due_at=one.due_at, words="clock stopped", urgency="")
    if one.done:
        return StepClock(name=name, due_at=one.due_at, words="done", urgency="")
    if left < timedelta(0):
        words = f"{span(left)} overdue"
        return StepClock(name=name, due_at=one.due_at, words=words, urgency="bad")
    urgency = "warn" if left < _SOON else ""
    return StepClock(name=name, due_at=one.due_at, words=f"{span(left)} left", urgency=urgency)
