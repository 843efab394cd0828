"""Business calendars: when a team works, in its own time zone, as its program says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from shared.contracts.events import Name
from shared.program.parts import Named, Part, TimeZone

DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * DAY_MINUTES
_SHIFT = r"^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])$"
_LONGEST_CLOSURE = timedelta(days=366)


class Shift(NamedTuple):
    """From when to when, in minutes since the local midnight of the day it begins on.

    Half-open. `end` is above 1440 where the shift ends on the next day.
    """

    start: int
    end: int


def _parsed(text: str) -> Shift:
    found = re.match(_SHIFT, text)
    if not found:
        raise ValueError(f"{text!r} is no shift; write it in quotes, such as '08:00-12:30'")
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = 60 * hour + minute, 60 * end_hour + end_minute
    if start == end:
        raise ValueError(f"{text!r} begins when it ends; the whole day is '00:00-24:00'")
    return Shift(start, end if end > start else end + DAY_MINUTES)


def _checked(text: str) -> str:
    _parsed(text)
    return text


ShiftText = Annotated[
    str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": _SHIFT})
]
Shifts = tuple[ShiftText, ...]


class WeeklyHours(Part):
    """The shifts of each weekday; one that ends at or before its start ends on the next day."""

    monday: Shifts = ()
    """Such as ['08:00-12:00', '13:00-17:00']; none: closed."""
    tuesday: Shifts = ()
    """Shifts that begin on a Tuesday."""
    wednesday: Shifts = ()
    """Shifts that begin on a Wednesday."""
    thursday: Shifts = ()
    """Shifts that begin on a Thursday."""
    friday: Shifts = ()
    """Shifts that begin on a Friday."""
    saturday: Shifts = ()
    """Shifts that begin on a Saturday."""
    sunday: Shifts = ()
    """Shifts that begin on a Sunday."""

    @cached_property
    def days(self) -> tuple[tuple[Shift, ...], ...]:
        """The shifts of Monday to Sunday."""
        return tuple(tuple(map(_parsed, getattr(self, day))) for day in type(self).model_fields)

    @cached_property
    def minutes(self) -> int:
        """How many minutes a week without holidays or changes of the clock is open."""
        return sum(shift.end - shift.start for day in self.days for shift in day)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        names = tuple(type(self).model_fields)
        week = sorted(
            (DAY_MINUTES * day + shift.start, DAY_MINUTES * day + shift.end, day)
            for day, shifts in enumerate(self.days)
            for shift in shifts
        )
        following = [*week[1:], *((a + _WEEK_MINUTES, b, day) for a, b, day in week[:1])]
        for (_, end, day), (start, _, next_day) in zip(week, following, strict=True):
            if end > start:
                raise ValueError(
                    f"{names[next_day]}: a shift begins before one of {names[day]} ends"
                )
        return self


class PublicHolidays(Part):
    """Whose public holidays the team keeps, observed substitutes among them."""

    country: Annotated[str, StringConstraints(max_length=3)]
    """ISO 3166-1, two letters, such as LA or DE."""
    region: Annotated[str, StringConstraints(max_length=60)] | None = None
    """The state or province, as in ISO 3166-2 after the hyphen, such as BY."""

    def include(self, day: date) -> bool:
        """Whether `day` is a public holiday; none is where they are not known (any longer)."""
        # A worker that counts no holidays should not wait for the tables of 250 countries.
        from shared.program.public_holidays import free_days  # noqa: PLC0415

        return day in free_days(self.country, self.region, day.year)


class Closure(Part):
    """Days on which the team does not begin to work."""

    first_day: date
    """Such as 2026-12-24."""
    last_day: date | None = None
    """The last closed day, at most 366 days later; the first one if left out."""
    reason: Name
    """Why, in words that people read."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (
            not timedelta(0)
            <= (self.last_day or self.first_day) - self.first_day
            < _LONGEST_CLOSURE
        ):
            raise ValueError("last_day: it should be the first day or up to 365 days later")
        return self

    @property
    def days(self) -> Iterator[date]:
        """Each closed day."""
        count = ((self.last_day or self.first_day) - self.first_day).days + 1
        return (self.first_day + timedelta(days=n) for n in range(count))


class Opening(Part):
    """A day with hours of its own, instead of what the week, a holiday or a closure says."""

    day: date
    """Such as 2026-12-27."""
    hours: Annotated[Shifts, Field(min_length=1)]
    """The shifts that begin on that day."""
    reason: Name
    """Why, in words that people read."""


class BusinessCalendar(Named):
    """When a team works.

    A shift belongs to the day on which it begins, also where it ends on the next one. Of what is
    said about a day the first counts: an opening, a closure, a holiday, the weekly hours.
    """

    time_zone: TimeZone
    """A time zone of the IANA database, such as Asia/Vientiane."""
    hours: WeeklyHours
    """The usual week."""
    holidays: PublicHolidays | None = None
    """Public holidays, on which the team does not work."""
    closures: tuple[Closure, ...] = ()
    """Closed days of one's own."""
    openings: tuple[Opening, ...] = ()
    """Days that are open although they would be closed, or at other hours."""

    @cached_property
    def _opened(self) -> dict[date, tuple[Shift, ...]]:
        return {one.day: tuple(map(_parsed, one.hours)) for one in self.openings}

    @cached_property
    def _closed(self) -> frozenset[date]:
        return frozenset(day for closure in self.closures for day in closure.days)

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts that begin on the local `day`."""
        if (own := self._opened.get(day)) is not None:
            return own
        if day in self._closed or (self.holidays and self.holidays.include(day)):
            return ()
        return self.hours.days[day.weekday()]

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not self.hours.minutes:
            raise ValueError("hours: the team never works; add a shift")
        for year in sorted({day.year for day in self._closed}):
            days = (date.fromordinal(n) for n in range(*_ordinals(year)))
            if not any(self.shifts_on(day) for day in days):
                raise ValueError(f"closures: {year} has no open hour; shorten them")
        return self

    @model_validator(mode="after")
    def _has_one_opening_a_day(self) -> Self:
        if len(self._opened) < len(self.openings):
            raise ValueError("openings: a day stands twice; give it all its shifts in one entry")
        return self


def _ordinals(year: int) -> tuple[int, int]:
    first = date(year, 1, 1).toordinal()
    return first, date(year, 12, 31).toordinal() + 1
