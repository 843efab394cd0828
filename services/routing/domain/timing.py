"""A follow-up put on the clock: by the program, from its states so far and who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.routing.domain.escalation import Alarm, Told, level_of, next_alarm, round_of
from services.routing.domain.followup import FollowUp
from services.routing.domain.sla import StateChange, terms
from services.routing.domain.timetable import Step, timetable
from shared.program.document import Program


def on_the_clock(
    followup: FollowUp, program: Program, history: Sequence[StateChange], told: Sequence[Told] = ()
) -> FollowUp:
    """Return `followup` with its deadlines by `program`; `history` ends with its present state.

    The first clocks run from when we learned of the feedback, not from when it was read.
    """
    return with_alarm(followup, program, history, told)[0]


def with_alarm(
    followup: FollowUp, program: Program, history: Sequence[StateChange], told: Sequence[Told]
) -> tuple[FollowUp, Alarm | None]:
    """Return `followup` with its deadlines by `program`, and who is to be told next."""
    voice = followup.voice
    found = terms(program, followup.team, followup.verdict.severity, voice.segment)
    table = timetable(found, program.version, voice.received_at, history)
    alarm = next_alarm(found, program.escalations, voice.received_at, history, table, told)
    timed = replace(
        followup,
        due_at=next(one.due_at for one in table.steps if one.step is Step.RESOLVE),
        timetable=table,
        next_alarm_at=alarm.at if alarm else None,
        escalation_level=level_of(told, round_of(history)),
    )
    return timed, alarm
