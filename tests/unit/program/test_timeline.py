from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.program.timeline import Start, Timeline

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

moments = st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours))
timelines = st.lists(st.tuples(moments, st.integers(1, 9)), max_size=8).map(
    lambda decided: [Start(at, number, version) for number, (at, version) in enumerate(decided)]
)


def start(hour: int, number: int, version: int) -> Start:
    return Start(NOON + timedelta(hours=hour), number, version)


def at(hour: float, *starts: Start) -> int | None:
    return Timeline(starts).version_at(NOON + timedelta(hours=hour))


def test_nothing_counts_before_the_first_start() -> None:
    assert at(0.5, start(1, 1, 1)) is None
    assert at(1, start(1, 1, 1)) == 1


def test_a_planned_version_counts_from_its_moment_on_and_not_before() -> None:
    planned = [start(0, 1, 1), start(3, 2, 2)]
    assert [at(hour, *planned) for hour in (0, 2.999, 3, 9)] == [1, 1, 2, 2]


def test_a_plan_stays_when_another_version_is_decided_on_for_before_it() -> None:
    starts = [start(0, 1, 1), start(3, 2, 2), start(1, 3, 3)]
    assert [at(hour, *starts) for hour in (0, 1, 3)] == [1, 3, 2]


def test_a_plan_is_taken_back_by_a_later_decision_for_the_same_moment() -> None:
    starts = [start(0, 1, 1), start(3, 2, 2), start(3, 3, 1)]
    assert at(3, *starts) == 1


@given(timelines.filter(bool), moments)
def test_what_came_before_the_first_program_is_judged_by_it(
    starts: list[Start], moment: datetime
) -> None:
    timeline = Timeline(starts)
    first = min(starts).active_from
    assert timeline.judging(moment) == timeline.version_at(max(moment, first))
    assert timeline.judging(moment) is not None
    assert Timeline([]).judging(moment) is None


@given(timelines, moments, st.randoms(use_true_random=False))
def test_the_order_in_which_starts_are_told_decides_nothing(
    starts: list[Start], moment: datetime, chance: Random
) -> None:
    shuffled = list(starts)
    chance.shuffle(shuffled)
    assert Timeline(shuffled).version_at(moment) == Timeline(starts).version_at(moment)


@given(timelines, moments)
def test_what_is_decided_for_later_changes_nothing_before(
    starts: list[Start], moment: datetime
) -> None:
    later = Start(moment + timedelta(seconds=1), 99, 99)
    assert Timeline([*starts, later]).version_at(moment) == Timeline(starts).version_at(moment)


@given(timelines, moments)
def test_between_two_starts_nothing_changes(starts: list[Start], moment: datetime) -> None:
    end = Timeline(starts).next_start(moment)
    just_before = (end or NOON + timedelta(days=9)) - timedelta(microseconds=1)
    assert Timeline(starts).version_at(just_before) == Timeline(starts).version_at(moment)
