"""The desk's numbers add up, whatever is open, and people are shown once with what they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.calendar import CalendarTime
from services.routing.domain.desk import (
    AGE_CUTS,
    HOUR,
    HOURS_AHEAD,
    READ_UP_TO,
    Group,
    Lesson,
    Load,
    Standing,
    age_cuts,
    due_cuts,
    lessons_of,
    members_of,
    owners_of,
    part_of,
    standing,
)
from services.routing.domain.ports import Count
from services.routing.domain.sla import clock_of_team
from tests.unit.routing.staff import NOW, Scene, program_of, scenes

EVERY_HOUR = [CalendarTime()]


@dataclass(frozen=True, kw_only=True)
class Open:
    """A follow-up as the database keeps it."""

    breach_at: datetime
    opened_at: datetime
    is_paused: bool
    is_unowned: bool


#: Around the cuts, and on them: whole hours about the two days, whole days about the ages.
_MINUTES = st.one_of(
    st.integers(-100_000, 100_000),
    st.integers(-2, HOURS_AHEAD + 2).map(lambda hours: 60 * hours),
    st.sampled_from([60 * 24 * days for days in AGE_CUTS]),
).map(lambda n: timedelta(minutes=n))
OPEN = st.lists(
    st.builds(
        Open,
        breach_at=_MINUTES.map(lambda length: NOW + length),
        opened_at=_MINUTES.map(lambda length: NOW - abs(length)),
        is_paused=st.booleans(),
        is_unowned=st.booleans(),
    )
)


def grouped(followups: Sequence[Open]) -> list[Group]:
    """Group follow-ups as the query does."""
    counted = Counter(
        (
            part_of(one.breach_at, due_cuts(NOW)),
            part_of(one.opened_at, age_cuts(NOW)),
            one.is_paused,
            one.is_unowned,
        )
        for one in followups
    )
    return [
        Group(due=due, age=age, is_paused=paused, is_unowned=unowned, n=n)
        for (due, age, paused, unowned), n in counted.items()
    ]


def standing_of(followups: Sequence[Open]) -> Standing:
    return standing(grouped(followups), NOW, EVERY_HOUR, most=READ_UP_TO)


@given(OPEN)
def test_deadlines_and_ages_both_add_up_to_what_is_open(followups: list[Open]) -> None:
    seen = standing_of(followups)
    assert seen.open == len(followups)
    assert seen.breached + sum(hour.n for hour in seen.hours) + seen.later == seen.open
    assert sum(band.n for band in seen.ages) == seen.open


@given(OPEN)
def test_each_number_counts_what_its_list_would_hold(followups: list[Open]) -> None:
    seen = standing_of(followups)
    assert len(seen.hours) == HOURS_AHEAD
    for hour in seen.hours:
        held = [one for one in followups if hour.start <= one.breach_at < hour.start + HOUR]
        assert (hour.n, hour.paused) == (len(held), sum(one.is_paused for one in held))
    for band in seen.ages:
        opened = [NOW - timedelta(days=days) for days in (band.older or 0, band.younger or 9_999)]
        is_first = band.older is None
        assert band.n == sum(
            opened[1] <= one.opened_at and (is_first or one.opened_at < opened[0])
            for one in followups
        )
    assert seen.breached == sum(one.breach_at < NOW for one in followups)
    assert seen.within_an_hour == seen.hours[0].n
    assert seen.paused == sum(one.is_paused for one in followups)
    assert seen.unowned == sum(one.is_unowned for one in followups)


def test_a_deadline_on_each_cut_counts_once() -> None:
    cuts = [NOW + hour * HOUR for hour in range(-1, HOURS_AHEAD + 2)]
    seen = standing_of(
        [Open(breach_at=at, opened_at=NOW, is_paused=False, is_unowned=False) for at in cuts]
    )
    assert (seen.breached, seen.later) == (1, 2)
    assert [hour.n for hour in seen.hours] == [1] * HOURS_AHEAD


def test_bands_meet_and_leave_no_age_out() -> None:
    ages = standing([], NOW, EVERY_HOUR, most=READ_UP_TO).ages
    assert [band.older for band in ages] == [None, *AGE_CUTS]
    assert [band.younger for band in ages] == [*AGE_CUTS, None]


def test_more_than_can_be_read_is_no_exact_number() -> None:
    group = Group(due=1, age=0, n=5)
    assert not standing([group], NOW, EVERY_HOUR, most=5).is_exact
    assert standing([group], NOW, EVERY_HOUR, most=6).is_exact


def test_an_hour_is_closed_when_no_team_works_in_it() -> None:
    week = {day: ["08:00-12:00"] for day in ("monday", "tuesday", "wednesday", "thursday")}
    program = program_of(
        [{"id": "ann"}],
        team={"calendar": "desk"},
        calendars=[{"id": "desk", "name": "Desk", "time_zone": "UTC", "hours": week}],
    )
    monday = datetime.fromisoformat("2026-11-23T07:30:00+00:00")
    clock = clock_of_team(program, "desk")
    closed = [hour.is_closed for hour in standing([], monday, [clock], most=READ_UP_TO).hours]
    # 07:30 runs into the shift, 11:30 ends with it, 12:30 begins after it.
    assert closed[:7] == [False, False, False, False, False, True, True]
    assert not any(
        hour.is_closed for hour in standing([], monday, [clock, *EVERY_HOUR], most=READ_UP_TO).hours
    )


def load(n: int, late: int = 0) -> Load:
    return Load(open=Count(n, is_exact=True), late=Count(late, is_exact=True))


@given(scenes())
def test_everybody_of_the_team_is_shown_once(scene: Scene) -> None:
    members = members_of(scene.program, scene.program.teams, {}, NOW)
    assert sorted(one.owner.id for one in members) == sorted(owners_of(scene.program.teams))


@given(scenes())
def test_who_is_away_is_said_to_be_away_and_who_does_their_work(scene: Scene) -> None:
    loads = {name: load(1) for name in owners_of(scene.program.teams)}
    for one in members_of(scene.program, scene.program.teams, loads, NOW):
        if one.owner.id not in scene.team.owners:
            continue
        away = scene.is_away(one.owner.id)
        assert (one.away_until is not None) is away
        assert one.is_away_with_load is away
        if away and (deputy := scene.deputy(one.owner.id)):
            assert one.deputy == scene.owner(deputy).name


def test_who_has_as_much_as_they_can_take_is_full() -> None:
    program = program_of([{"id": "ann", "capacity": 2}, {"id": "bo"}])
    loads = {"ann": load(2), "bo": load(90)}
    full = {one.owner.id: one.is_full for one in members_of(program, program.teams, loads, NOW)}
    assert full == {"ann": True, "bo": False}


def lesson(number: int, *, unhappy: bool, minute: int) -> Lesson:
    return Lesson(
        followup_id=UUID(int=number),
        team="desk",
        owner="ann",
        customer="C",
        touchpoint="delivery",
        is_unhappy=unhappy,
        since=NOW + timedelta(minutes=minute),
    )


def test_a_follow_up_is_one_lesson_and_its_customers_words_count_most() -> None:
    found = [
        lesson(1, unhappy=False, minute=3),
        lesson(1, unhappy=True, minute=2),
        lesson(2, unhappy=False, minute=9),
    ]
    assert lessons_of(found) == [found[2], found[1]]
