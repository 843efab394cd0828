"""Times, promises, reopenings and oddities, against what a person would count by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.calendar import BusinessTime, CalendarTime, Clock
from services.routing.domain.measures import (
    Measures,
    Part,
    is_first_contact,
    mass_closed,
    measured,
)
from services.routing.domain.spreads import Spread, spread
from services.routing.domain.ways import Way
from shared.program.calendars import BusinessCalendar

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = MONDAY, MONDAY + 7 * DAY
LATER = MONDAY + 60 * DAY
OPEN = Way(
    followup_id=UUID(int=1),
    team="care",
    owner="ann",
    opened_at=MONDAY + 8 * HOUR,
    acknowledged_at=None,
    contacted_at=None,
    resolved_at=None,
    due_at=MONDAY + 32 * HOUR,
    reopened_at=None,
    contacts=0,
    back_at=None,
    ended_at=None,
)
SOLVED = replace(
    OPEN,
    acknowledged_at=MONDAY + 9 * HOUR,
    contacted_at=MONDAY + 10 * HOUR,
    resolved_at=MONDAY + 20 * HOUR,
    contacts=1,
)


def _calendar(_: str) -> Clock:
    return CalendarTime()


def _measured(*ways: Way, now: datetime = LATER) -> Measures:
    return measured(ways, WEEK, now, _calendar)


def test_times_run_from_the_opening_to_the_first_time_of_each_step() -> None:
    told = _measured(SOLVED, OPEN)
    assert told.opened == 2
    assert told.acknowledge.calendar == Spread(n=1, median_s=3600, p90_s=3600)
    assert told.contact.calendar.median_s == 2 * 3600
    assert told.resolve.calendar.median_s == 12 * 3600
    assert told.closed == Part(n=1, of=2)


def test_a_step_counts_in_the_period_in_which_it_was_done() -> None:
    early = replace(SOLVED, opened_at=MONDAY - DAY)
    told = _measured(early)
    assert (told.opened, told.resolve.calendar.n) == (0, 1)
    assert _measured(replace(SOLVED, resolved_at=MONDAY + 8 * DAY)).resolve.calendar.n == 0


def test_working_hours_are_those_of_the_teams_calendar() -> None:
    office = BusinessTime(
        BusinessCalendar.model_validate(
            {
                "id": "office",
                "name": "Office",
                "time_zone": "UTC",
                "hours": {"monday": ["09:00-10:00", "15:00-17:00"]},
            }
        )
    )
    told = measured([SOLVED], WEEK, LATER, lambda _: office)
    assert told.resolve.business.median_s == 3 * 3600
    assert told.acknowledge.business.median_s == 0


def test_what_is_late_and_still_open_is_a_promise_missed_when_its_time_was_up() -> None:
    assert _measured(OPEN).kept == Part(n=0, of=1)
    assert _measured(OPEN, now=MONDAY + 31 * HOUR).kept == Part(n=0, of=0)
    late = replace(SOLVED, resolved_at=MONDAY + 33 * HOUR)
    assert _measured(SOLVED, late).kept == Part(n=1, of=2)


def test_a_promise_is_judged_in_one_period_only() -> None:
    late = replace(SOLVED, resolved_at=MONDAY + 9 * DAY)
    following = WEEK[1], WEEK[1] + 7 * DAY
    assert _measured(late).kept == Part(n=0, of=1)
    assert measured([late], following, LATER, _calendar).kept == Part(n=0, of=0)


def test_what_ended_before_its_deadline_is_no_promise_missed() -> None:
    ended = replace(OPEN, ended_at=MONDAY + 12 * HOUR)
    assert _measured(ended).kept == Part(n=0, of=0)
    assert _measured(replace(ended, ended_at=MONDAY + 40 * HOUR)).kept == Part(n=0, of=1)


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (SOLVED, True),
        (replace(SOLVED, contacts=0), True),
        (replace(SOLVED, contacts=2), False),
        (replace(SOLVED, reopened_at=MONDAY + 3 * DAY), False),
        (replace(SOLVED, reopened_at=MONDAY + 8 * DAY), True),
        (replace(SOLVED, back_at=MONDAY + 3 * DAY), False),
        (replace(SOLVED, back_at=MONDAY + 20 * DAY), True),
    ],
)
def test_one_contact_solved_it_when_nobody_came_back_within_a_week(
    way: Way, expected: bool
) -> None:
    assert is_first_contact(way) is expected
    assert _measured(way).first_contact == Part(n=int(expected), of=1)


def test_what_was_resolved_less_than_a_week_ago_is_not_called_solved_yet() -> None:
    assert _measured(SOLVED, now=MONDAY + 5 * DAY).first_contact == Part(n=0, of=0)


def test_what_nobody_can_have_read_is_worth_a_look() -> None:
    hasty = replace(SOLVED, resolved_at=SOLVED.opened_at + timedelta(seconds=59))
    assert _measured(hasty, SOLVED).hasty == Part(n=1, of=2)


def _row(n: int, *, apart: timedelta, owner: str = "ann", left: timedelta = HOUR / 2) -> list[Way]:
    moments = [MONDAY + DAY + k * apart for k in range(n)]
    return [
        replace(
            SOLVED,
            followup_id=UUID(int=1000 * len(owner) + k),
            owner=owner,
            resolved_at=at,
            due_at=at + left,
        )
        for k, at in enumerate(moments)
    ]


def test_five_in_a_row_before_their_deadlines_are_worth_a_look() -> None:
    minute = timedelta(minutes=1)
    assert len(mass_closed(_row(5, apart=minute))) == 5
    assert len(mass_closed(_row(7, apart=minute))) == 7
    assert not mass_closed(_row(4, apart=minute))
    assert not mass_closed(_row(5, apart=3 * minute))
    assert not mass_closed(_row(5, apart=minute, left=2 * HOUR))
    assert not mass_closed(_row(5, apart=minute, left=-minute))
    assert not mass_closed([*_row(3, apart=minute), *_row(3, apart=minute, owner="bo")])


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_quantiles_are_those_that_numpy_tells(seconds: Sequence[int]) -> None:
    told = spread([timedelta(seconds=n) for n in seconds])
    assert told.median_s == pytest.approx(np.quantile(seconds, 0.5))
    assert told.p90_s == pytest.approx(np.quantile(seconds, 0.9))


def test_without_any_there_is_no_time() -> None:
    assert spread([]) == Spread(n=0, median_s=None, p90_s=None)


moments = st.integers(0, 28 * 24).map(lambda hours: MONDAY - 7 * DAY + hours * HOUR)


@st.composite
def ways(draw: st.DrawFn) -> Way:
    opened = draw(moments)

    def after() -> datetime | None:
        hours = draw(st.none() | st.integers(0, 500))
        return None if hours is None else opened + hours * HOUR

    resolved = after()
    return replace(
        OPEN,
        followup_id=draw(st.uuids()),
        owner=draw(st.sampled_from(["ann", "bo", None])),
        opened_at=opened,
        acknowledged_at=after(),
        contacted_at=after(),
        resolved_at=resolved,
        due_at=opened + draw(st.integers(1, 300)) * HOUR,
        reopened_at=resolved + 30 * HOUR if resolved and draw(st.booleans()) else None,
        contacts=draw(st.integers(0, 3)),
        ended_at=None if resolved else after(),
    )


@given(st.lists(ways(), max_size=30))
def test_periods_side_by_side_count_everything_once(found: list[Way]) -> None:
    halves = (WEEK[0], WEEK[0] + 3 * DAY), (WEEK[0] + 3 * DAY, WEEK[1])
    parts = [measured(found, half, LATER, _calendar) for half in halves]
    whole = _measured(*found)
    for name in ("opened", "closed", "kept", "reopened", "first_contact", "hasty"):
        values = [getattr(one, name) for one in (*parts, whole)]
        if isinstance(values[0], Part):
            assert values[0].n + values[1].n == values[2].n
            assert values[0].of + values[1].of == values[2].of
        else:
            assert values[0] + values[1] == values[2]


@given(st.lists(ways(), max_size=30))
def test_a_part_is_never_more_than_the_whole(found: list[Way]) -> None:
    told = _measured(*found)
    parts = (told.closed, told.kept, told.reopened, told.first_contact, told.hasty, told.mass)
    for part in parts:
        assert 0 <= part.n <= part.of <= len(found)
