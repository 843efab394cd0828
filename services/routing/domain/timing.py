"""A follow-up put on the clock: by the program, from its states so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.routing.domain.followup import FollowUp
from services.routing.domain.sla import StateChange, terms
from services.routing.domain.timetable import Step, timetable
from shared.program.document import Program


def on_the_clock(followup: FollowUp, program: Program, history: Sequence[StateChange]) -> FollowUp:
    """Return `followup` with its deadlines by `program`; `history` ends with its present state.

    The first clocks run from when we learned of the feedback, not from when it was read.
    """
    voice = followup.voice
    found = terms(program, followup.team, followup.verdict.severity, voice.segment)
    table = timetable(found, program.version, voice.received_at, history)
    due_at = next(one.due_at for one in table.steps if one.step is Step.RESOLVE)
    return replace(followup, due_at=due_at, timetable=table)
