"""Who is told when time runs out, against a count of minutes that knows no shortcuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.routing.domain.alarms import Caught, Late, catch_up
from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.opening import open_followup, rotation_of
from services.routing.domain.sla import StateChange
from services.routing.domain.timetable import is_running
from services.routing.domain.timing import on_the_clock
from shared.contracts.events import FollowUpState as S
from shared.contracts.events import Severity
from shared.program.document import Program, SlaPolicy
from shared.program.escalation import Level
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored
from tests.unit.routing.calendars import MINUTE, open_minutes, scenes

HOUR = timedelta(hours=1)
WORKING = (S.ACKNOWLEDGED, S.CONTACTING, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.RESOLVED, S.REOPENED)


def _opened(program: Program, at: datetime = NOW, severity: str = "high") -> FollowUp:
    one = scored(1, severity=severity, received_at=at)
    return open_followup(one.data, program, {rotation_of(one.data, program): 0}, at)


@dataclass
class Course:
    """A follow-up on its way: what a person and the clock do to it, one after the other."""

    program: Program
    followup: FollowUp
    history: list[StateChange]
    told: list[Told]

    @classmethod
    def begun(cls, program: Program, at: datetime = NOW, severity: str = "high") -> Course:
        followup = _opened(program, at, severity)
        return cls(program, followup, [StateChange(state=followup.state, at=at)], [])

    def enter(self, state: S, at: datetime) -> None:
        self.history.append(StateChange(state=state, at=at))
        moved = replace(self.followup, state=state, changed_at=at)
        self.followup = on_the_clock(moved, self.program, self.history, self.told)

    def tick(self, now: datetime) -> Caught:
        late = Late(followup=self.followup, history=self.history, told=self.told)
        caught = catch_up(late, self.program, now)
        self.followup = caught.followup
        self.told += [one.changed.told for one in caught.changes if one.changed.told]
        return caught

    def alarm_at(self) -> datetime | None:
        return self.followup.next_alarm_at

    def is_escalated(self) -> bool:
        return self.followup.is_escalated

    @property
    def fired(self) -> list[tuple[int, Level, datetime]]:
        return [(one.round, one.level, one.fired_at) for one in self.told]


def test_the_owner_the_lead_and_the_head_are_told_one_after_the_other() -> None:
    course = Course.begun(PROGRAM)
    assert course.alarm_at() == NOW + 12 * HOUR
    for hour in range(60):
        course.tick(NOW + hour * HOUR)
    assert [(one.level, one.told, one.due_at - NOW) for one in course.told] == [
        (Level.OWNER, course.followup.owner, 12 * HOUR),
        (Level.LEAD, "vilay", 24 * HOUR),
        (Level.HEAD, "vilay", 36 * HOUR),
    ]
    assert course.alarm_at() is None
    assert course.followup.escalation_level is Level.HEAD


def test_after_days_without_a_clock_all_are_told_in_order_at_their_own_moments() -> None:
    course = Course.begun(PROGRAM)
    caught = course.tick(NOW + 100 * HOUR)
    assert [one.changed.change for one in caught.changes] == ["reminded", "escalated", "escalated"]
    assert [one.changed.followup.version for one in caught.changes] == [2, 3, 4]
    assert [one.due_at - NOW for one in course.told] == [12 * HOUR, 24 * HOUR, 36 * HOUR]
    assert {one.fired_at for one in course.told} == {NOW + 100 * HOUR}


def test_what_is_done_or_closed_is_told_to_nobody() -> None:
    course = Course.begun(PROGRAM)
    course.enter(S.RESOLVED, NOW + 13 * HOUR)
    assert course.alarm_at() is None
    assert not course.tick(NOW + 100 * HOUR).changes


def test_reopening_begins_a_new_round() -> None:
    course = Course.begun(PROGRAM)
    course.tick(NOW + 30 * HOUR)
    course.enter(S.RESOLVED, NOW + 31 * HOUR)
    assert course.is_escalated()
    course.enter(S.REOPENED, NOW + 40 * HOUR)
    assert not course.is_escalated()
    course.tick(NOW + 52 * HOUR)
    assert course.fired[-1] == (2, Level.OWNER, NOW + 52 * HOUR)


def test_while_the_customer_is_waited_for_nobody_is_told_even_of_what_was_late_before() -> None:
    course = Course.begun(PROGRAM, severity="medium")
    course.enter(S.WAITING_CUSTOMER, NOW + 25 * HOUR)
    assert course.alarm_at() == NOW + 35 * HOUR
    assert not course.tick(NOW + 34 * HOUR).changes
    course.tick(NOW + 35 * HOUR)
    assert [(one.level, one.due_at - NOW) for one in course.told] == [(Level.OWNER, 24 * HOUR)]


def test_a_program_that_asks_for_it_escalates_other_steps() -> None:
    ladder = [{"step": "acknowledge", "share": 2, "tells": "lead"}]
    program = Program.model_validate({**DOCUMENT, "escalations": ladder})
    course = Course.begun(program, severity="medium")
    course.tick(NOW + 2 * HOUR)
    assert [(one.step, one.level) for one in course.told] == [("acknowledge", Level.LEAD)]
    assert course.alarm_at() is None


def test_another_policy_moves_the_deadline_once_and_says_so() -> None:
    course = Course.begun(PROGRAM)
    slower = {**DOCUMENT, "sla": [{**one, "resolve_hours": 48} for one in DOCUMENT["sla"]]}
    course.program = Program.model_validate({**slower, "version": 7})
    caught = course.tick(NOW + HOUR)
    assert [(one.changed.change, one.words) for one in caught.changes] == [
        (
            "retimed",
            "Deadline to resolve moved from 21 November 2026, 16:30 to 22 November 2026, 16:30;"
            " by program version 7.",
        )
    ]
    assert course.alarm_at() == NOW + 24 * HOUR
    assert not course.tick(NOW + HOUR).changes


def test_a_new_program_that_moves_no_deadline_changes_no_version() -> None:
    course = Course.begun(PROGRAM)
    course.program = PROGRAM.model_copy(update={"version": 2})
    caught = course.tick(NOW + HOUR)
    assert not caught.changes
    assert caught.followup.timetable
    assert caught.followup.timetable.program_version == 2


@pytest.mark.parametrize(
    ("ladder", "fault"),
    [
        ([(1, "lead"), (1.5, "lead")], "the lead is told twice of resolve"),
        ([(1, "owner"), (0.5, "lead")], "the lead is told at 0.5, no later than the owner at 1"),
        ([(0, "owner")], "greater than 0"),
        ([(4, "owner")], "less than or equal to 3"),
    ],
)
def test_a_ladder_that_does_not_go_upwards_is_refused(
    ladder: Sequence[tuple[float, str]], fault: str
) -> None:
    rungs = [{"share": share, "tells": tells} for share, tells in ladder]
    with pytest.raises(ValueError, match=fault):
        Program.model_validate({**DOCUMENT, "escalations": rungs})


@dataclass(frozen=True)
class Drawn:
    """Hours and a policy, from when to when, what is done in which minute, when it's down."""

    calendar: dict[str, Any]
    policy: dict[str, Any]
    start: datetime
    end: datetime
    acts: dict[int, S]
    down: set[int]

    def program(self) -> Program:
        document = {
            **DOCUMENT,
            "calendars": [self.calendar],
            "teams": [{**team, "calendar": "desk"} for team in DOCUMENT["teams"]],
            "sla": [{"severity": one["severity"], **self.policy} for one in DOCUMENT["sla"]],
        }
        try:
            return Program.model_validate(document)
        except ValidationError:  # open for too few minutes a week
            reject()

    def counting(self) -> list[bool]:
        """Tell of each minute whether the policy's clock counts it."""
        if self.policy["clock"] == "business":
            return list(open_minutes(self.calendar, self.start, self.end))
        return [True] * ((self.end - self.start) // MINUTE)


@st.composite
def _drawn(draw: st.DrawFn) -> Drawn:
    calendar, start, end = draw(scenes())
    minutes = max((end - start) // MINUTE, 2)
    policy: dict[str, Any] = {
        "clock": draw(st.sampled_from(["business", "calendar"])),
        "resolve_hours": 2 * draw(st.integers(1, 10)),
    }
    if cap := draw(st.one_of(st.none(), st.integers(1, 10))):
        policy["pause"] = {"max_hours": cap}
    whens = draw(st.lists(st.integers(1, minutes - 1), max_size=8, unique=True))
    acts = {when: draw(st.sampled_from(WORKING)) for when in whens}
    down = set(draw(st.lists(st.integers(0, minutes // 60), max_size=10)))
    return Drawn(calendar=calendar, policy=policy, start=start, end=end, acts=acts, down=down)


@dataclass
class Count:
    """Counts minutes as somebody would who watches the follow-up and the clock on the wall."""

    program: Program
    state: S = S.ASSIGNED
    round: int = 1
    counted: int = 0
    waited: int = 0
    level: int = 0

    def enter(self, state: S) -> None:
        self.state = state
        if state is S.REOPENED:
            self.round, self.counted, self.waited, self.level = self.round + 1, 0, 0, 0

    @property
    def policy(self) -> SlaPolicy:
        return self.program.sla_policy(Severity.HIGH, None)

    @property
    def is_paused(self) -> bool:
        cap = 60 * self.policy.pause.max_hours if self.policy.pause else 0
        return self.state is S.WAITING_CUSTOMER and self.waited < cap

    def told(self) -> Iterator[Level]:
        ladder = self.program.escalations
        while is_running(self.state) and not self.is_paused and self.level < len(ladder):
            if self.counted < ladder[self.level].share * self.policy.resolve_hours * 60:
                return
            self.level += 1
            yield Level(self.level)

    def minute(self) -> None:
        if self.is_paused:
            self.waited += 1
        else:
            self.counted += 1


@given(_drawn())
@settings(deadline=None)
def test_the_ladder_is_what_counting_minute_by_minute_gives(drawn: Drawn) -> None:
    program = drawn.program()
    course, count = Course.begun(program, drawn.start), Count(program)
    expected: list[tuple[int, Level, datetime]] = []
    for minute, counts in enumerate(drawn.counting()):
        now = drawn.start + minute * MINUTE
        act = drawn.acts.get(minute)
        if act and act is not count.state:
            count.enter(act)
            course.enter(act, now)
        if minute // 60 not in drawn.down:
            expected += [(count.round, level, now) for level in count.told()]
            at = course.alarm_at()
            if at and at <= now:
                course.tick(now)
        if counts:
            count.minute()
    assert course.fired == expected
