"""Which policy counts, when each step is due, and what waiting for the customer changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.calendar import BusinessTime, CalendarTime, Clock
from services.routing.domain.sla import StateChange, deadlines, resolve_by, terms
from shared.contracts.events import FollowUpState as S
from shared.contracts.events import Severity
from shared.program.calendars import BusinessCalendar
from shared.program.document import SlaPolicy
from shared.program.loading import read_program
from tests.unit.program.samples import DOCUMENT

PARTS = """\
calendars:
  - id: office
    name: Office
    time_zone: UTC
    hours: {monday: [08:00-12:00, 13:00-17:00], tuesday: [08:00-12:00, 13:00-17:00]}
"""
GOLD = "  - {severity: high, segment: gold, clock: business, resolve_hours: 8}\n"
PROGRAM = read_program(
    DOCUMENT.replace("owners: [ann]}", "owners: [ann], calendar: office}") + GOLD + PARTS
)
OFFICE = BusinessTime(PROGRAM.calendars[0])
MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = SlaPolicy.model_validate(
    {
        "severity": "high",
        "acknowledge_hours": 1,
        "first_contact_hours": 4,
        "next_contact_hours": 24,
        "resolve_hours": 48,
        "pause": {"max_hours": 10},
    }
)


def _history(*steps: tuple[S, float]) -> list[StateChange]:
    return [StateChange(state=state, at=MONDAY + hours * HOUR) for state, hours in steps]


def _resolve(history: Sequence[StateChange], clock: Clock | None = None) -> timedelta:
    return deadlines(POLICY, clock or CalendarTime(), MONDAY, history).resolve - MONDAY


def test_each_step_is_due_by_its_own_hours() -> None:
    due = deadlines(POLICY, CalendarTime(), MONDAY, _history((S.CONTACTING, 3)))
    assert (due.acknowledge, due.first_contact) == (MONDAY + HOUR, MONDAY + 4 * HOUR)
    assert (due.next_contact, due.resolve) == (MONDAY + 27 * HOUR, MONDAY + 48 * HOUR)


def test_nothing_is_due_that_the_policy_does_not_ask_for() -> None:
    policy = SlaPolicy(severity=Severity.LOW, resolve_hours=8)
    due = deadlines(policy, CalendarTime(), MONDAY, _history((S.CONTACTING, 3)))
    assert (due.acknowledge, due.first_contact, due.next_contact) == (None, None, None)


@pytest.mark.parametrize(
    ("history", "hours"),
    [
        (_history((S.WAITING_CUSTOMER, 5), (S.IN_PROGRESS, 9)), 52),
        (_history((S.WAITING_CUSTOMER, 5), (S.IN_PROGRESS, 30)), 58),
        (_history((S.WAITING_CUSTOMER, 5)), 58),
        (_history((S.WAITING_CUSTOMER, 50)), 48),
        (
            _history(
                (S.WAITING_CUSTOMER, 5),
                (S.IN_PROGRESS, 12),
                (S.WAITING_CUSTOMER, 20),
                (S.IN_PROGRESS, 27),
            ),
            58,
        ),
    ],
    ids=["answered", "answered after the cap", "silent", "too late", "twice, past the cap"],
)
def test_waiting_for_the_customer_stops_the_clock_up_to_the_cap(
    history: list[StateChange], hours: int
) -> None:
    assert _resolve(history) == hours * HOUR


def test_without_a_pause_the_clock_runs_on_while_waiting() -> None:
    policy = POLICY.model_copy(update={"pause": None})
    waited = _history((S.WAITING_CUSTOMER, 5), (S.IN_PROGRESS, 9))
    assert deadlines(policy, CalendarTime(), MONDAY, waited).resolve == MONDAY + 48 * HOUR


def test_a_reopened_followup_has_the_whole_time_again() -> None:
    history = _history(
        (S.WAITING_CUSTOMER, 5), (S.IN_PROGRESS, 9), (S.RESOLVED, 20), (S.REOPENED, 100)
    )
    due = deadlines(POLICY, CalendarTime(), MONDAY, history)
    assert (due.resolve, due.next_contact) == (MONDAY + 148 * HOUR, None)


def test_the_segments_own_policy_counts_and_says_why() -> None:
    gold = terms(PROGRAM, "desk", Severity.HIGH, "gold")
    assert gold.why == "Policy for high severity, gold, in the hours of Office"
    others = terms(PROGRAM, "desk", Severity.HIGH, "silver")
    assert others.why == "Policy for high severity, all segments, in calendar hours"


def test_business_hours_end_a_week_later_where_the_team_works_two_days() -> None:
    tuesday = MONDAY + 29 * HOUR
    due = resolve_by(PROGRAM, "desk", Severity.HIGH, "gold", tuesday)
    assert due == MONDAY + timedelta(days=7, hours=4)
    assert resolve_by(PROGRAM, "desk", Severity.HIGH, None, tuesday) == tuesday + 24 * HOUR


def test_a_team_that_left_the_program_counts_every_hour() -> None:
    assert resolve_by(PROGRAM, "gone", Severity.HIGH, "gold", MONDAY) == MONDAY + 8 * HOUR


@given(
    hours=st.lists(st.floats(0, 200, allow_nan=False), max_size=8).map(sorted),
    business=st.booleans(),
)
def test_a_deadline_lies_between_its_hours_and_those_with_the_whole_pause(
    hours: list[float], business: bool
) -> None:
    clock: Clock = OFFICE if business else CalendarTime()
    states = [S.WAITING_CUSTOMER, S.IN_PROGRESS] * 4
    history = _history(*zip(states, hours, strict=False))
    found = clock.between(MONDAY, MONDAY + _resolve(history, clock))
    slack = timedelta(milliseconds=1)
    assert 48 * HOUR - slack <= found <= 58 * HOUR + slack


def test_calendars_that_say_the_same_are_compiled_once() -> None:
    again = BusinessCalendar.model_validate(PROGRAM.calendars[0].model_dump())
    program = PROGRAM.model_copy(update={"calendars": (again,)})
    one, two = (terms(p, "desk", Severity.HIGH, "gold").clock for p in (PROGRAM, program))
    assert one is two
