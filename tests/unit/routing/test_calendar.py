"""Business time against a count minute by minute; CALENDAR_EXAMPLES says how many calendars."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.calendar import BusinessTime, NeverReachedError
from shared.program.calendars import BusinessCalendar
from tests.unit.routing.calendars import MINUTE, open_minutes, scenes

EXAMPLES = int(os.environ.get("CALENDAR_EXAMPLES", "200"))
FULL_DAY = ["08:00-12:00", "13:00-17:00"]
WORKDAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), FULL_DAY)


def _clock(**parts: Any) -> BusinessTime:  # noqa: ANN401  (a document's values)
    usual = {"id": "desk", "name": "Desk", "time_zone": "Europe/Berlin", "hours": WORKDAYS}
    return BusinessTime(BusinessCalendar.model_validate(usual | parts))


def _berlin_night(**parts: Any) -> BusinessTime:  # noqa: ANN401  (a document's values)
    return _clock(hours={"saturday": ["22:00-06:00"]}, **parts)


@settings(max_examples=EXAMPLES)
@given(scene=scenes())
def test_business_time_is_what_a_count_minute_by_minute_finds(
    scene: tuple[dict[str, Any], datetime, datetime],
) -> None:
    document, start, end = scene
    clock = BusinessTime(BusinessCalendar.model_validate(document))
    counted, was_open = 0, False
    for passed, is_open in enumerate(open_minutes(document, start, end), start=1):
        counted += is_open
        # At the first minute of a shift, and within it, each is the first by which so many passed.
        if is_open and (not was_open or counted % 60 == 0):
            assert clock.after(start, counted * MINUTE) == start + passed * MINUTE
        was_open = is_open
    assert clock.between(start, end) == counted * MINUTE


@settings(max_examples=40)
@given(scene=scenes(), seconds=st.integers(1, 400 * 86_400))
def test_the_instant_after_some_business_time_has_that_much_before_it(
    scene: tuple[dict[str, Any], datetime, datetime], seconds: int
) -> None:
    document, start, _ = scene
    clock = BusinessTime(BusinessCalendar.model_validate(document))
    amount = min(timedelta(seconds=seconds), clock.between(start, start + timedelta(days=3650)))
    seconds = amount // timedelta(seconds=1)
    found = clock.after(start, amount)
    assert clock.between(start, found) == timedelta(seconds=seconds)
    just_before = found - timedelta(seconds=1)
    assert clock.between(start, just_before) == timedelta(seconds=seconds - 1)


@pytest.mark.parametrize(
    ("night", "hours"),
    [((2026, 3, 28), 7), ((2026, 10, 24), 9), ((2026, 6, 6), 8)],
    ids=["put forward", "put back", "unchanged"],
)
def test_a_night_shift_lasts_as_long_as_people_sit_there(
    night: tuple[int, int, int], hours: int
) -> None:
    start = datetime(*night, 12, tzinfo=UTC)
    assert _berlin_night().between(start, start + timedelta(days=1)) == timedelta(hours=hours)


def test_a_shift_that_begins_in_the_left_out_hour_begins_when_the_clock_is_put_forward() -> None:
    sunday = datetime(2026, 3, 29, tzinfo=UTC)
    clock = _clock(hours={"sunday": ["02:30-05:00"]})
    assert clock.between(sunday, sunday + timedelta(days=1)) == timedelta(hours=2)


def test_an_opening_within_the_end_of_a_night_shift_adds_nothing() -> None:
    own = [{"day": "2026-06-07", "hours": ["05:00-05:30"], "reason": "Inventory"}]
    start = datetime(2026, 6, 6, 12, tzinfo=UTC)
    worked = _berlin_night(openings=own).between(start, start + timedelta(days=1))
    assert worked == timedelta(hours=8)


def test_time_that_ends_with_a_shift_is_due_then_and_not_the_next_morning() -> None:
    monday = datetime(2026, 6, 1, 6, tzinfo=UTC)
    assert _clock().after(monday, timedelta(hours=8)) == datetime(2026, 6, 1, 15, tzinfo=UTC)


def test_a_public_holiday_of_the_region_is_left_out() -> None:
    # Corpus Christi, a Thursday, is kept in Bavaria and not in Berlin.
    day = datetime(2026, 6, 4, tzinfo=UTC)
    worked = {
        region: _clock(holidays={"country": "DE", "region": region}).between(
            day, day + timedelta(days=1)
        )
        for region in ("BY", "BE")
    }
    assert worked == {"BY": timedelta(0), "BE": timedelta(hours=8)}


def test_an_opening_counts_more_than_a_closure_on_the_same_day() -> None:
    clock = _clock(
        closures=[{"first_day": "2026-06-01", "last_day": "2026-06-05", "reason": "Moving"}],
        openings=[{"day": "2026-06-02", "hours": ["10:00-11:00"], "reason": "Urgent cases"}],
    )
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    assert clock.between(monday, monday + timedelta(days=7)) == timedelta(hours=1)


def test_a_shift_across_new_year_is_counted_once() -> None:
    clock = _clock(hours={"thursday": ["22:00-06:00"]}, time_zone="UTC")
    eve = datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert clock.between(eve, eve + timedelta(days=1)) == timedelta(hours=8)
    assert clock.after(eve, timedelta(hours=5)) == datetime(2027, 1, 1, 3, tzinfo=UTC)


def test_time_that_no_calendar_can_hold_is_refused_by_name() -> None:
    clock = _clock(hours={"monday": ["08:00-08:01"]})
    with pytest.raises(NeverReachedError, match="desk"):
        clock.after(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=100))


def test_an_end_before_the_start_is_refused() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="before"):
        _clock().between(now, now - MINUTE)
