"""Random business calendars, and their hours told minute by minute from the local clock alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from hypothesis import strategies as st

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTE = timedelta(minutes=1)
#: Between them: no change of the clock, changes at midnight and by half an hour, a day left out,
#: quarters of an hour from UTC, and Ramadan's second pair of changes.
ZONES = (
    "UTC", "Asia/Vientiane", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
    "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "Asia/Tehran",
    "America/St_Johns", "Asia/Pyongyang", "Africa/Cairo", "Pacific/Chatham",
)  # fmt: skip
#: Moments a few days before each zone is likely to change its clock.
TURNS = (
    datetime(2011, 12, 27, tzinfo=UTC), datetime(2017, 10, 12, tzinfo=UTC),
    datetime(2018, 2, 15, tzinfo=UTC), datetime(2021, 3, 19, tzinfo=UTC),
    datetime(2024, 3, 8, tzinfo=UTC), datetime(2024, 3, 28, tzinfo=UTC),
    datetime(2024, 4, 4, tzinfo=UTC), datetime(2024, 10, 24, tzinfo=UTC),
    datetime(2024, 10, 2, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC),
    datetime(2015, 8, 12, tzinfo=UTC), datetime(2024, 12, 28, tzinfo=UTC),
)  # fmt: skip
PLACES = ((None, None), ("DE", "BY"), ("US", None), ("LA", None), ("GB", "SCT"), ("BR", "SP"))


def _text(start: int, end: int) -> str:
    end = end if end <= 1440 else end - 1440
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@st.composite
def _week(draw: st.DrawFn) -> dict[str, list[str]]:
    """Draw shifts that lie apart round the week, some of them across midnight."""
    hours: dict[str, list[str]] = {day: [] for day in WEEKDAYS}
    first = at = draw(st.integers(0, 2000))
    for _ in range(draw(st.integers(1, 12))):
        end = at + draw(st.integers(1, 900))
        if end > first + 10_080 or at // 1440 > 6:
            break
        hours[WEEKDAYS[at // 1440]].append(_text(at % 1440, at % 1440 + end - at))
        at = end + draw(st.one_of(st.just(0), st.integers(1, 2000)))
    return hours


@st.composite
def scenes(draw: st.DrawFn) -> tuple[dict[str, Any], datetime, datetime]:
    """Draw a calendar, as a program writes it, and two instants at most four days apart."""
    start = draw(st.sampled_from(TURNS)) + MINUTE * draw(st.integers(0, 4 * 1440))
    end = start + MINUTE * draw(st.integers(0, 4 * 1440))
    days = st.integers(-3, 8).map(lambda n: start.date() + timedelta(days=n))
    # Clocks are changed in the first hours of a day.
    begins = st.one_of(st.integers(0, 240), st.integers(0, 1439))
    country, region = draw(st.sampled_from(PLACES))
    calendar: dict[str, Any] = {
        "id": "desk",
        "name": "Desk",
        "time_zone": draw(st.sampled_from(ZONES)),
        "hours": draw(_week()),
        "closures": [{"first_day": day, "reason": "x"} for day in draw(st.lists(days, max_size=2))],
        "openings": [
            {"day": day, "hours": [_text(begin, begin + length)], "reason": "x"}
            for day in draw(st.lists(days, max_size=2, unique=True))
            for begin, length in [draw(st.tuples(begins, st.integers(1, 1439)))]
        ],
    }
    if country:
        calendar["holidays"] = {"country": country, "region": region}
    return calendar, start, end


def open_minutes(calendar: dict[str, Any], start: datetime, end: datetime) -> Iterator[bool]:
    """Tell of each minute in [start, end) whether it is open, by what the clock on the wall shows.

    While a clock that was put back shows times for the second time, the last one before counts.
    """
    zone, free = ZoneInfo(calendar["time_zone"]), _free_days(calendar)
    spans: dict[date, list[tuple[int, int]]] = {}
    mark, now = datetime.min, start - timedelta(days=1)  # noqa: DTZ901  (a local time)
    while now < end:
        mark = max(mark, now.astimezone(zone).replace(tzinfo=None))
        if now >= start:
            minute, day = 60 * mark.hour + mark.minute, mark.date()
            for one in (day, day - timedelta(days=1)):
                if one not in spans:
                    spans[one] = _spans(calendar, one, free)
            yield any(a <= minute < b for a, b in spans[day]) or any(
                a <= minute + 1440 < b for a, b in spans[day - timedelta(days=1)]
            )
        now += MINUTE


def _free_days(calendar: dict[str, Any]) -> holidays.HolidayBase:
    kept = calendar.get("holidays")
    if not kept:
        return holidays.HolidayBase()
    return holidays.country_holidays(kept["country"], subdiv=kept["region"])


def _spans(
    calendar: dict[str, Any], day: date, free: holidays.HolidayBase
) -> list[tuple[int, int]]:
    written = calendar["hours"][WEEKDAYS[day.weekday()]]
    if day in free or any(day == closure["first_day"] for closure in calendar["closures"]):
        written = []
    for opening in calendar["openings"]:
        if opening["day"] == day:
            written = opening["hours"]
    return [_span(text) for text in written]


def _span(text: str) -> tuple[int, int]:
    a, b = (60 * int(part[:2]) + int(part[3:]) for part in text.split("-"))
    return a, b if b > a else b + 1440
