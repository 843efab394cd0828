"""What is due next, what is done and what is paused, in the course of a follow-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.calendar import CalendarTime
from services.routing.domain.sla import StateChange, Terms, deadlines, states_entered
from services.routing.domain.timetable import Step, Timetable, timetable
from shared.contracts.events import FollowUpState as S
from shared.program.document import SlaPolicy

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
TERMS = Terms(policy=POLICY, clock=CalendarTime(), why="Policy for high severity")


def _history(*steps: tuple[S, float]) -> list[StateChange]:
    return [StateChange(state=state, at=MONDAY + hours * HOUR) for state, hours in steps]


def _table(*steps: tuple[S, float]) -> Timetable:
    return timetable(TERMS, 1, MONDAY, _history((S.ASSIGNED, 0), *steps))


def _next(*steps: tuple[S, float]) -> tuple[Step, timedelta] | None:
    found = _table(*steps).next
    return (found.step, found.due_at - MONDAY) if found else None


def test_the_next_step_is_the_one_whose_time_runs_out_first() -> None:
    assert _next() == (Step.ACKNOWLEDGE, HOUR)
    assert _next((S.ACKNOWLEDGED, 2)) == (Step.FIRST_CONTACT, 4 * HOUR)
    assert _next((S.ACKNOWLEDGED, 2), (S.CONTACTING, 3)) == (Step.NEXT_CONTACT, 27 * HOUR)
    late = ((S.ACKNOWLEDGED, 2), (S.CONTACTING, 30))
    assert _next(*late) == (Step.RESOLVE, 48 * HOUR)


def test_what_is_solved_or_given_up_has_no_step_left() -> None:
    for end in (S.RESOLVED, S.VERIFIED, S.CLOSED, S.UNREACHABLE, S.DECLINED_CONTACT, S.MERGED):
        assert _next((S.ACKNOWLEDGED, 1), (S.CONTACTING, 2), (end, 3)) is None


def test_reopening_counts_resolution_anew_and_asks_for_no_second_acknowledgement() -> None:
    again = ((S.ACKNOWLEDGED, 1), (S.IN_PROGRESS, 2), (S.RESOLVED, 3), (S.REOPENED, 100))
    assert _next(*again) == (Step.RESOLVE, 148 * HOUR)


def test_waiting_pauses_until_the_cap_of_its_round_is_spent() -> None:
    first = ((S.ACKNOWLEDGED, 1), (S.CONTACTING, 2), (S.WAITING_CUSTOMER, 3))
    paused = _table(*first).paused
    assert paused
    assert (paused.since, paused.until) == (MONDAY + 3 * HOUR, MONDAY + 13 * HOUR)
    second = (*first, (S.IN_PROGRESS, 7), (S.WAITING_CUSTOMER, 20))
    paused = _table(*second).paused
    assert paused
    assert paused.until == MONDAY + 26 * HOUR
    spent = (*first, (S.IN_PROGRESS, 14), (S.WAITING_CUSTOMER, 20))
    assert _table(*spent).paused is None
    reopened = (*spent, (S.RESOLVED, 21), (S.REOPENED, 30), (S.WAITING_CUSTOMER, 31))
    paused = _table(*reopened).paused
    assert paused
    assert paused.until == MONDAY + 41 * HOUR


def test_a_repeated_state_and_a_clock_that_is_behind_leave_moments_in_order() -> None:
    told = _history((S.ASSIGNED, 2), (S.ASSIGNED, 3), (S.ACKNOWLEDGED, 1))
    assert states_entered(told) == _history((S.ASSIGNED, 2), (S.ACKNOWLEDGED, 2))


@given(st.lists(st.tuples(st.sampled_from(S), st.floats(0, 60)), max_size=12))
def test_the_next_step_is_never_done_and_no_undone_step_is_due_before_it(
    steps: list[tuple[S, float]],
) -> None:
    ordered = sorted(steps, key=lambda one: one[1])
    history = states_entered(_history((S.ASSIGNED, 0), *ordered))
    table = timetable(TERMS, 1, MONDAY, history)
    undone = [one for one in table.steps if not one.done]
    assert table.next in undone or (table.next is None and not undone)
    assert all(table.next and table.next.due_at <= one.due_at for one in undone)
    due = deadlines(POLICY, TERMS.clock, MONDAY, history)
    kept = {one.step: one.due_at for one in table.steps}
    assert kept[Step.RESOLVE] == due.resolve
    if table.paused:
        assert history[-1].state is S.WAITING_CUSTOMER
        assert timedelta(0) < table.paused.until - table.paused.since <= 10 * HOUR
