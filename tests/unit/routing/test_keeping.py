"""Which deadlines were kept, which customers were answered in time, and what it took."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.calendar import CalendarTime
from services.routing.domain.effort import OwnEffort, Tally, own_effort, tally
from services.routing.domain.keeping import Judged, judged
from services.routing.domain.measures import Measures, Part, measured
from services.routing.domain.ways import Way

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + 10 * HOUR
ANSWERED = Way(
    followup_id=UUID(int=1),
    customer_id="C-1",
    team="care",
    owner="ann",
    opened_at=MONDAY,
    acknowledge_due_at=MONDAY + 2 * HOUR,
    acknowledged_at=MONDAY + HOUR,
    contact_due_at=MONDAY + 4 * HOUR,
    contacted_at=MONDAY + 3 * HOUR,
    reached_at=MONDAY + 5 * HOUR,
    resolved_at=MONDAY + 8 * HOUR,
    due_at=DUE,
    reopened_at=None,
    contacts=2,
    back_at=None,
    ended_at=None,
)
UNTOUCHED = replace(
    ANSWERED,
    customer_id="C-2",
    acknowledged_at=None,
    contacted_at=None,
    reached_at=None,
    resolved_at=None,
)


def _measured(*ways: Way, now: datetime = MONDAY + 30 * DAY) -> Measures:
    return measured(ways, (MONDAY, MONDAY + 7 * DAY), now, lambda _: CalendarTime())


@pytest.mark.parametrize(
    ("done", "ended", "expected"),
    [
        (DUE - HOUR, None, Judged(at=DUE - HOUR, is_kept=True)),
        (DUE, None, Judged(at=DUE, is_kept=True)),
        (DUE + HOUR, None, Judged(at=DUE, is_kept=False)),
        (None, None, Judged(at=DUE, is_kept=False)),
        (None, DUE, None),
        (None, DUE + HOUR, Judged(at=DUE, is_kept=False)),
        (DUE + HOUR, DUE - HOUR, Judged(at=DUE, is_kept=False)),
    ],
)
def test_a_deadline_is_judged_when_it_was_kept_or_ran_out(
    done: datetime | None, ended: datetime | None, expected: Judged | None
) -> None:
    assert judged(DUE, done, ended) == expected
    assert judged(None, done, ended) is None


def test_each_clock_is_judged_by_its_own_deadline() -> None:
    slow = replace(ANSWERED, acknowledged_at=MONDAY + 3 * HOUR)
    told = _measured(ANSWERED, slow, UNTOUCHED)
    assert told.acknowledged_in_time == Part(n=1, of=3)
    assert told.contacted_in_time == Part(n=2, of=3)
    assert told.kept == Part(n=2, of=3)


def test_a_clock_that_the_policy_does_not_set_is_not_judged() -> None:
    told = _measured(replace(ANSWERED, acknowledge_due_at=None, contact_due_at=None))
    assert (told.acknowledged_in_time, told.contacted_in_time) == (Part(n=0, of=0), Part(n=0, of=0))


def test_a_clock_that_still_runs_is_not_judged() -> None:
    told = _measured(UNTOUCHED, now=MONDAY + 3 * HOUR)
    assert (told.acknowledged_in_time.of, told.contacted_in_time.of) == (1, 0)


def test_what_is_solved_in_time_without_a_contact_has_kept_the_clock_of_the_first() -> None:
    quick = replace(ANSWERED, contacted_at=None, resolved_at=MONDAY + 2 * HOUR)
    assert _measured(quick).contacted_in_time == Part(n=1, of=1)
    assert _measured(replace(quick, resolved_at=MONDAY + 5 * HOUR)).contacted_in_time.n == 0


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (ANSWERED, (1, 1)),
        (replace(ANSWERED, reached_at=None), (0, 1)),
        (replace(ANSWERED, reached_at=MONDAY + 9 * HOUR), (0, 1)),
        (replace(ANSWERED, resolved_at=DUE + HOUR), (0, 1)),
        (UNTOUCHED, (0, 1)),
        (replace(UNTOUCHED, ended_at=MONDAY + HOUR), (0, 0)),
        (replace(UNTOUCHED, ended_at=MONDAY + HOUR, is_unreachable=True), (0, 1)),
        (replace(UNTOUCHED, ended_at=DUE + HOUR), (0, 1)),
    ],
)
def test_a_loop_is_closed_when_the_customer_was_reached_and_it_was_solved_in_time(
    way: Way, expected: tuple[int, int]
) -> None:
    told = _measured(way).loop_closed
    assert (told.n, told.of) == expected


def test_a_customer_with_several_cases_was_answered_when_each_was() -> None:
    assert _measured(ANSWERED, ANSWERED).loop_closed == Part(n=1, of=1)
    assert _measured(ANSWERED, replace(ANSWERED, reached_at=None)).loop_closed == Part(n=0, of=1)
    assert _measured(ANSWERED, UNTOUCHED).loop_closed == Part(n=1, of=2)


def test_who_was_given_up_counts_when_that_was_decided() -> None:
    given_up = replace(UNTOUCHED, ended_at=MONDAY + 6 * DAY, due_at=MONDAY + 9 * DAY)
    assert _measured(replace(given_up, is_unreachable=True)).loop_closed == Part(n=0, of=1)
    assert _measured(given_up).loop_closed == Part(n=0, of=0)


def test_effort_is_counted_once_it_is_verified() -> None:
    done = replace(ANSWERED, verified_at=MONDAY + DAY, attempts=3, hands=1)
    told = _measured(done, replace(done, attempts=1, hands=0), replace(ANSWERED, attempts=9)).effort
    assert told.contacts == Tally(n=2, mean=2.0, median=2.0, most=3)
    assert told.hands == Tally(n=2, mean=0.5, median=0.5, most=1)
    assert told.reopenings == Tally(n=2, mean=0.0, median=0.0, most=0)


def test_how_easy_it_was_is_told_by_those_who_said_so_twice() -> None:
    said = replace(ANSWERED, answered_at=MONDAY + DAY, effort_before=2.0, effort_after=6.0)
    told = _measured(said, replace(said, effort_after=None), replace(said, answered_at=None))
    assert told.own_effort == OwnEffort(n=1, before=2.0, after=6.0)


def test_nothing_has_no_average() -> None:
    assert tally([]) == Tally(n=0)
    assert own_effort([]) == OwnEffort(n=0)


@given(st.lists(st.integers(0, 50), min_size=1))
def test_a_mean_lies_between_none_and_the_most(counts: list[int]) -> None:
    told = tally(counts)
    assert told.mean is not None
    assert told.most is not None
    assert 0 <= told.mean <= told.most == max(counts)
