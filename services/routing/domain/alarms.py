"""What the clock does to a follow-up: deadlines by the present program, and who is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from services.routing.domain.alerts import Alert
from services.routing.domain.commands import Changed
from services.routing.domain.escalation import Alarm, Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import RecordedChange
from services.routing.domain.sla import StateChange
from services.routing.domain.timetable import Step, StepTime
from services.routing.domain.timing import with_alarm
from services.routing.domain.transitions import team_of
from shared.contracts.records import Outgoing
from shared.program.document import Program
from shared.program.escalation import Level

#: How the history and webhooks name what the clock does.
REMINDED, ESCALATED, RETIMED = "reminded", "escalated", "retimed"
#: What a clock counts down to.
GOALS: Mapping[Step, str] = {
    Step.ACKNOWLEDGE: "to acknowledge",
    Step.FIRST_CONTACT: "to contact the customer",
    Step.NEXT_CONTACT: "to contact them again",
    Step.RESOLVE: "to resolve",
}
_WHOM: Mapping[Level, str] = {
    Level.OWNER: "the owner",
    Level.LEAD: "the team's lead",
    Level.HEAD: "the department's head",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A follow-up that the clock looks at: its states so far, and who was told."""

    followup: FollowUp
    history: Sequence[StateChange]
    told: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """A change that the clock makes, with the sentence that the history gets."""

    changed: Changed
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A follow-up that is up to date, and its changes, oldest first: there may be none."""

    followup: FollowUp
    changes: Sequence[ClockChange]


def catch_up(late: Late, program: Program, now: datetime) -> Caught:
    """Return the follow-up as `program` wants it at `now`.

    Its deadlines are by `program`; everybody who was to be told until `now` is, in the order in
    which their moments came. Doing it again changes nothing.
    """
    told, changes = list(late.told), []
    followup, alarm = with_alarm(late.followup, program, late.history, told)
    if moved := _moved(late.followup, followup, program):
        followup = followup.next_version(now)
        changes.append(ClockChange(changed=Changed(followup=followup, change=RETIMED), words=moved))
    while alarm and alarm.at <= now:
        followup = followup.next_version(now)
        told.append(_told(followup, alarm, program, now))
        followup, alarm = with_alarm(followup, program, late.history, told)
        changes.append(_telling(followup, told[-1], program))
    return Caught(followup=followup, changes=changes)


def _told(followup: FollowUp, alarm: Alarm, program: Program, now: datetime) -> Told:
    return Told(
        round=alarm.round,
        step=Step(alarm.escalation.step),
        level=alarm.escalation.level,
        share=alarm.escalation.share,
        told=whom(followup, alarm.escalation.level, program),
        due_at=alarm.due_at,
        fired_at=now,
        version=followup.version,
        program_version=program.version,
    )


def whom(followup: FollowUp, level: Level, program: Program) -> str | None:
    """Return who is told at `level`, None where the program has nobody for it."""
    team = team_of(followup, program)
    if level is Level.OWNER:
        return followup.owner
    if level is Level.LEAD:
        return team.lead if team else None
    heads = (one.head for one in program.departments if one.id == followup.department)
    return next(heads, None)


def _telling(followup: FollowUp, told: Told, program: Program) -> ClockChange:
    change = REMINDED if told.level is Level.OWNER else ESCALATED
    name = f"{program.owner_name(told.told)}, {_WHOM[told.level]}" if told.told else "Nobody"
    due = _words_of(told.due_at, program)
    words = f"{name}: {told.share:.0%} of the time {GOALS[told.step]} was over on {due}."
    return ClockChange(changed=Changed(followup=followup, change=change, told=told), words=words)


def _moved(before: FollowUp, after: FollowUp, program: Program) -> str:
    """Say which deadlines a program has moved; nothing when none of those that count has."""
    old = {one.step: one.due_at for one in _counting(before)}
    new = {one.step: one.due_at for one in _counting(after)}
    kept = old if before.timetable else {Step.RESOLVE: before.due_at}
    parts = [
        _shift(step, kept.get(step), new.get(step), program)
        for step in Step
        if kept.get(step) != new.get(step) and (before.timetable or step in kept)
    ]
    return f"{'; '.join(parts)}; by program version {program.version}." if parts else ""


def _counting(followup: FollowUp) -> Iterator[StepTime]:
    if followup.timetable:
        yield from (one for one in followup.timetable.steps if not one.done)


def _shift(step: Step, old: datetime | None, new: datetime | None, program: Program) -> str:
    deadline = f"Deadline {GOALS[step]}"
    if old is None or new is None:
        return f"{deadline} {_words_of(old or new, program)} {'is new' if new else 'is gone'}"
    return f"{deadline} moved from {_words_of(old, program)} to {_words_of(new, program)}"


def _words_of(moment: datetime | None, program: Program) -> str:
    if moment is None:
        return "never"
    return f"{moment.astimezone(ZoneInfo(program.time_zone)):%-d %B %Y, %H:%M}"


class Alarms(Protocol):
    """Follow-ups of all tenants that wait for the clock, in one transaction."""

    async def due(self, tenants: Sequence[str], now: datetime, limit: int) -> Sequence[Late]:
        """Return some whose alarm has come, the longest due first, and lock them.

        Those that somebody else has locked are left to them.
        """
        ...

    async def timed_otherwise(self, versions: Mapping[str, int], limit: int) -> Sequence[Late]:
        """Return some open ones not timed by their tenant's program version, and lock them."""
        ...

    async def write(
        self, followups: Sequence[FollowUp], rows: Sequence[RecordedChange], told: Sequence[Telling]
    ) -> None:
        """Write follow-ups as they stand, their histories and who was told."""
        ...

    async def alert(self, alerts: Sequence[Alert]) -> None:
        """Have somebody told by mail, too, when the transaction has ended well."""
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have `messages` published when the transaction has ended well."""
        ...


#: Whose follow-up somebody was told of.
Telling = tuple[FollowUp, Told]


class AlarmTransactions(Protocol):
    """Opens transactions of the clock."""

    def of_alarms(self) -> AbstractAsyncContextManager[Alarms]:
        """Open a transaction that sees every tenant."""
        ...

    async def next_alarm_at(self, tenants: Sequence[str]) -> datetime | None:
        """Return when the next alarm comes, which may be past; None when there is none."""
        ...
