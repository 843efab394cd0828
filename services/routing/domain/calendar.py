"""Business time: how much of it lies between two instants, and when so much has passed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Protocol
from zoneinfo import ZoneInfo

from services.routing.errors import RoutingError
from shared.program.calendars import BusinessCalendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_YEARS = 20

#: Half-open, in microseconds since 1970.
Interval = tuple[int, int]


class NeverReachedError(RoutingError):
    """A calendar is not open for long enough within twenty years."""


class Clock(Protocol):
    """A way to count time. Instants are aware; results are in UTC."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time counted from `start` to `end`, which is not before it."""
        ...

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """Return the first instant by which `amount`, not below 0, is counted from `start`."""
        ...


class CalendarTime:
    """Counts every hour."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time that passes."""
        return end - start

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """Return the instant `amount` later."""
        return (start + amount).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Year:
    """The open intervals of one year in UTC; `before` is the open time before each begins."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def until(self, instant: int) -> int:
        """Return the open time from the year's beginning to `instant`."""
        last = bisect_right(self.starts, instant) - 1
        if last < 0:
            return 0
        return self.before[last] + min(instant, self.ends[last]) - self.starts[last]

    def reached(self, wanted: int) -> int:
        """Return the first instant with `wanted` open time before it, 0 < wanted <= total."""
        within = bisect_left(self.before, wanted) - 1
        return self.starts[within] + wanted - self.before[within]


class BusinessTime:
    """Counts the time in which a calendar is open.

    A shift runs from the first instant at which the local clock shows its start, or a later time,
    to the first at which it shows its end: where the clock is put forward, a start that is left
    out is when it is put forward; where it is put back, the hour that comes twice counts twice
    within a shift. Each year is compiled once, when first asked for.
    """

    def __init__(self, calendar: BusinessCalendar) -> None:
        self._calendar = calendar
        self._zone = ZoneInfo(calendar.time_zone)
        self._years: dict[int, _Year] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end). Raises ValueError when `end` is the earlier."""
        if end < start:
            raise ValueError("the end is before the start")
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        whole = sum(self._year(year).total for year in range(start.year, end.year))
        counted = whole + self._until(end) - self._until(start)
        return timedelta(microseconds=counted)

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """Return the first instant by which `amount` of open time has passed since `start`.

        Time that ends with a shift ends there, and not when the next one begins. Raises
        NeverReachedError.
        """
        start = start.astimezone(UTC)
        if amount <= timedelta(0):
            return start
        wanted = self._until(start) + amount // _MICROSECOND
        for number in range(start.year, start.year + _LAST_YEARS):
            year = self._year(number)
            if wanted <= year.total:
                return _EPOCH + timedelta(microseconds=year.reached(wanted))
            wanted -= year.total
        raise NeverReachedError(
            f"The calendar {self._calendar.id} is not open for {amount} within"
            f" {_LAST_YEARS} years of {start:%Y-%m-%d}.",
            remedy="Open it for longer, or allow less time.",
        )

    def _until(self, instant: datetime) -> int:
        return self._year(instant.year).until(_microseconds(instant))

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = self._compiled(number)
        return found

    def _compiled(self, number: int) -> _Year:
        first, end = (_microseconds(datetime(n, 1, 1, tzinfo=UTC)) for n in (number, number + 1))
        clipped = [(max(a, first), min(b, end)) for a, b in _merged(sorted(self._shifts(number)))]
        held = [(a, b) for a, b in clipped if a < b]
        sums = list(accumulate((b - a for a, b in held), initial=0))
        return _Year([a for a, _ in held], [b for _, b in held], sums[:-1], sums[-1])

    def _shifts(self, number: int) -> Iterator[Interval]:
        # A zone is up to 14 hours from UTC, a shift up to a day long.
        first = date(number, 1, 1).toordinal() - 3
        for ordinal in range(first, first + 366 + 6):
            day = date.fromordinal(ordinal)
            midnight = datetime.combine(day, time())
            for start, end in self._calendar.shifts_on(day):
                yield self._shown(midnight, start), self._shown(midnight, end)

    def _shown(self, midnight: datetime, minutes: int) -> int:
        local = midnight + timedelta(minutes=minutes)
        return _microseconds(first_shown(local, self._zone))


def first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which the clock of `zone` shows `local` or later."""
    # PEP 495: fold 0 takes the offset before a change of the clock, fold 1 the one after it.
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    early, late = local.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // timedelta(seconds=2) * timedelta(seconds=1)
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            early = middle
        else:
            late = middle
    return late


def _merged(intervals: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in intervals:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
