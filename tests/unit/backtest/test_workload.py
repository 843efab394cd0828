from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from deploy.backtest.workload import (
    HOURS_OF_A_WEEK,
    Due,
    deadlines_kept,
    hour_of,
    hour_of_week,
    moment_of,
    week,
)

arrivals = st.dictionaries(st.integers(0, 1000), st.integers(1, 20), max_size=12)
dues = st.lists(
    st.builds(
        lambda hour, hours, n: Due(hour, hour + hours, n),
        st.integers(0, 100),
        st.sampled_from([1, 4, 24, 72]),
        st.integers(1, 6),
    ),
    max_size=12,
)
UNTIL = 150


def test_the_first_hour_of_a_week_is_monday_midnight_in_the_zone() -> None:
    zone = ZoneInfo("Asia/Kolkata")  # half an hour off
    monday = datetime(2026, 11, 23, tzinfo=zone)
    assert hour_of_week(hour_of(monday, zone)) == 0
    assert hour_of_week(hour_of(monday - timedelta(seconds=1), zone)) == HOURS_OF_A_WEEK - 1
    assert hour_of_week(hour_of(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), zone)) == 0


@given(st.integers(0, 7 * 10**9))
def test_the_hour_is_the_one_on_the_clock(second: int) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    there = moment.astimezone(ZoneInfo("Europe/Madrid"))
    assert hour_of_week(hour_of(moment, ZoneInfo("Europe/Madrid"))) == (
        there.weekday() * 24 + there.hour
    )


@given(arrivals)
def test_a_week_has_everything_that_arrived(found: dict[int, int]) -> None:
    assert sum(week(found)) == sum(found.values())


@given(st.integers(0, 500_000))
def test_the_moment_of_an_hour_lies_in_it(hour: int) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    moment = moment_of(hour, zone)
    assert hour_of(moment, zone) == hour_of(moment + timedelta(minutes=59), zone) == hour
    assert hour_of(moment + timedelta(minutes=60), zone) == hour + 1


@given(dues)
def test_without_anybody_at_work_every_deadline_is_missed(found: list[Due]) -> None:
    kept = deadlines_kept(found, a_day=0, until=UNTIL)
    assert kept.missed == kept.due == sum(one.n for one in found if one.due <= UNTIL)


@given(dues)
def test_a_team_that_is_fast_enough_misses_none(found: list[Due]) -> None:
    assert deadlines_kept(found, a_day=24 * 100, until=UNTIL).missed == 0


@given(dues, st.floats(0.1, 60))
def test_as_many_fall_due_whatever_the_pace(found: list[Due], a_day: float) -> None:
    kept = deadlines_kept(found, a_day=a_day, until=UNTIL)
    assert 0 <= kept.missed <= kept.due
    assert kept.due == deadlines_kept(found, a_day=0, until=UNTIL).due


@given(dues, st.integers(1, 8))
def test_the_queue_does_what_working_one_by_one_does(found: list[Due], per_hour: int) -> None:
    kept = deadlines_kept(found, a_day=24 * per_hour, until=UNTIL)
    assert kept.missed == _missed_one_by_one(found, per_hour)


def test_what_falls_due_first_is_resolved_first() -> None:
    long, short = Due(0, 50, 10), Due(0, 5, 5)
    assert deadlines_kept([long, short], a_day=24, until=UNTIL).missed == 0


def test_one_who_waits_for_work_is_not_ready_for_all_that_did_not_come() -> None:
    late = [Due(0, 1, 1), Due(100, 101, 10)]
    assert deadlines_kept(late, a_day=24, until=UNTIL).missed == 8


def _missed_one_by_one(found: Sequence[Due], per_hour: int) -> int:
    """Resolve follow-ups one at a time, `per_hour` in an hour, each by the hour it is due."""
    missed, queue = 0, []
    for hour in range(UNTIL):
        queue += [one.due for one in found if one.hour == hour for _ in range(one.n)]
        queue.sort()
        served, queue = queue[:per_hour], queue[per_hour:]
        missed += sum(due < hour for due in served)
    later = [one.due for one in found if one.hour >= UNTIL for _ in range(one.n)]
    return missed + sum(due <= UNTIL for due in [*queue, *later])
