"""How well the inner loop works, from the ways that follow-ups took.

A time counts in the period in which its step was done; a promise is judged once, when it is kept
or when its time is up: so what is late and still open counts as missed, and nothing is left out
because it isn't finished.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Protocol
from uuid import UUID

from services.routing.domain.calendar import Clock

#: A customer who was answered once and for all does not come back within this time.
FIRST_CONTACT_WINDOW = timedelta(days=7)
#: Nobody reads, calls and solves in less: what is resolved so fast is worth a look.
HASTY = timedelta(minutes=1)
#: So many resolutions by one person within this time, each close to its deadline, are as well.
MASS, MASS_WITHIN, CLOSE_TO_DEADLINE = 5, timedelta(minutes=10), timedelta(hours=1)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of one follow-up until it was first resolved, and whether that held.

    `owner` is who resolved it, or who has it. `due_at` is the deadline that its resolution had to
    keep, pauses included. `contacts` are those until it was resolved. `back_at` is when the same
    customer's next follow-up at the same touchpoint was opened, `ended_at` when it ended without a
    resolution: merged into another, the customer out of reach or not willing. `answered_at` is when
    its customer last answered the re-survey, `is_happy` what they said: who did not answer said
    nothing.
    """

    followup_id: UUID
    team: str
    owner: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    due_at: datetime
    reopened_at: datetime | None
    contacts: int
    back_at: datetime | None
    ended_at: datetime | None
    answered_at: datetime | None = None
    is_happy: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it was resolved by its deadline."""
        return self.resolved_at is not None and self.resolved_at <= self.due_at

    @property
    def judged_at(self) -> datetime | None:
        """When its promise was kept, or when its time was up; None when it ended before."""
        if self.is_kept:
            return self.resolved_at
        return None if self.ended_at and self.ended_at <= self.due_at else self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Which follow-ups are measured: what is None does not filter."""

    teams: Sequence[str] | None = None
    severity: str | None = None
    segment: str | None = None


class Ways(Protocol):
    """Knows the ways that follow-ups took."""

    async def of(self, tenant: str, period: Interval, whose: Whose) -> list[Way]:
        """Return the ways on which something happened in the half-open `period`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Times of a step that was done `n` times, in seconds; absent where `n` is 0.

    Quantiles interpolate between the two nearest values (type 7 of R. J. Hyndman and Y. Fan,
    "Sample quantiles in statistical packages", The American Statistician 50 (1996), 361-365).
    """

    n: int
    median_s: float | None = None
    p90_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """How long a step took: by the clock on the wall, and in the hours of the team."""

    calendar: Spread
    business: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`n` of `of`."""

    n: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is measured of some follow-ups in a period.

    `opened` in the period, of which `closed` have been resolved since. `kept` promises of those
    judged in the period. Of the follow-ups first resolved in the period: `reopened` ones,
    `first_contact` ones (of those whose window is over), `hasty` and `mass` ones. `recovered`
    customers of those who answered the re-survey in the period, by their last answer.
    """

    opened: int
    acknowledge: StepTimes
    contact: StepTimes
    resolve: StepTimes
    closed: Part
    kept: Part
    reopened: Part
    first_contact: Part
    hasty: Part
    mass: Part
    recovered: Part


def measured(
    ways: Sequence[Way], period: Interval, now: datetime, clock_of: Callable[[str], Clock]
) -> Measures:
    """Measure `ways` in the half-open `period`. `clock_of` gives the clock of a team's hours."""
    opened = [way for way in ways if _within(way.opened_at, period)]
    resolved = [way for way in ways if _within(way.resolved_at, period)]
    judged = [way for way in ways if _within(way.judged_at, (period[0], min(period[1], now)))]
    settled = [way for way in resolved if _window_of(way)[1] <= now]

    def times(step: Callable[[Way], datetime | None]) -> StepTimes:
        return _times(ways, step, period, clock_of)

    return Measures(
        opened=len(opened),
        acknowledge=times(lambda way: way.acknowledged_at),
        contact=times(lambda way: way.contacted_at),
        resolve=times(lambda way: way.resolved_at),
        closed=_part(opened, lambda way: way.resolved_at is not None),
        kept=_part(judged, lambda way: way.is_kept),
        reopened=_part(resolved, lambda way: way.reopened_at is not None),
        first_contact=_part(settled, is_first_contact),
        hasty=_part(resolved, lambda way: _taken(way) < HASTY),
        mass=Part(n=len(mass_closed(resolved)), of=len(resolved)),
        recovered=_part(
            [way for way in ways if _within(way.answered_at, period)], lambda way: way.is_happy
        ),
    )


def is_first_contact(way: Way) -> bool:
    """Whether one contact at most solved it: no reopening and no coming back in the window."""
    window = _window_of(way)
    came_back = _within(way.reopened_at, window) or _within(way.back_at, window)
    return way.contacts <= 1 and not came_back


def mass_closed(resolved: Iterable[Way]) -> set[UUID]:
    """Return those that one person resolved in a row, just before their deadlines."""
    close: defaultdict[str, list[tuple[datetime, UUID]]] = defaultdict(list)
    for way in resolved:
        done = way.resolved_at
        if way.owner and done and timedelta() <= way.due_at - done < CLOSE_TO_DEADLINE:
            close[way.owner].append((done, way.followup_id))
    return {found for ways in close.values() for found in _in_a_row(sorted(ways))}


def _in_a_row(done: Sequence[tuple[datetime, UUID]]) -> Iterable[UUID]:
    moments = [moment for moment, _ in done]
    for first, moment in enumerate(moments):
        end = bisect_left(moments, moment + MASS_WITHIN)
        if end - first >= MASS:
            yield from (followup_id for _, followup_id in done[first:end])


def _times(
    ways: Iterable[Way],
    step: Callable[[Way], datetime | None],
    period: Interval,
    clock_of: Callable[[str], Clock],
) -> StepTimes:
    done = [(way, at) for way in ways if (at := step(way)) and _within(at, period)]
    return StepTimes(
        calendar=spread([at - way.opened_at for way, at in done]),
        business=spread([clock_of(way.team).between(way.opened_at, at) for way, at in done]),
    )


def spread(times: Sequence[timedelta]) -> Spread:
    """Return median and 90th percentile of `times`."""
    if not times:
        return Spread(n=0)
    seconds = [time.total_seconds() for time in times]
    # A single value has no neighbour to interpolate to.
    deciles = quantiles(seconds * 2 if len(seconds) == 1 else seconds, n=10, method="inclusive")
    return Spread(n=len(times), median_s=median(seconds), p90_s=deciles[-1])


def _part(ways: Sequence[Way], holds: Callable[[Way], bool]) -> Part:
    return Part(n=sum(map(holds, ways)), of=len(ways))


def _within(moment: datetime | None, period: Interval) -> bool:
    return moment is not None and period[0] <= moment < period[1]


def _window_of(way: Way) -> Interval:
    begun = way.resolved_at or way.due_at
    return begun, begun + FIRST_CONTACT_WINDOW


def _taken(way: Way) -> timedelta:
    return (way.resolved_at or way.due_at) - way.opened_at
