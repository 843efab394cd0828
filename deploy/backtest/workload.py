"""When follow-ups arrive, and when they are resolved: hours, queues. Pure.

An hour is counted from 1970-01-01 00:00 in the tenant's time zone: it names an hour of the week,
and hours that follow each other have numbers that do, but for the two changes of a summer time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

HOURS_OF_A_WEEK = 168
#: 1970-01-01 was a Thursday; a week here begins on Monday.
_THURSDAY = 72
_HOUR_S = 3600
_HOURS_OF_A_DAY = 24

#: How many arrive in which hour.
Arrivals = Mapping[int, int]


class Due(NamedTuple):
    """Follow-ups that arrive in one hour and have to be resolved by another."""

    hour: int
    due: float
    n: int


class Kept(NamedTuple):
    """Of the follow-ups that fell due: how many, and how many were not resolved by then."""

    due: int
    missed: int


def hour_of(moment: datetime, zone: tzinfo) -> int:
    """Return the number of the hour in which `moment` lies in `zone`."""
    offset = moment.astimezone(zone).utcoffset()
    seconds = moment.timestamp() + (offset.total_seconds() if offset else 0)
    return int(seconds // _HOUR_S)


def hour_of_week(hour: int) -> int:
    """Return which of the 168 hours of a week `hour` is, from Monday 00:00 on."""
    return (hour + _THURSDAY) % HOURS_OF_A_WEEK


def week(arrivals: Arrivals) -> list[int]:
    """Return how many arrive in each of the 168 hours of a week, all weeks together."""
    found = [0] * HOURS_OF_A_WEEK
    for hour, n in arrivals.items():
        found[hour_of_week(hour)] += n
    return found


def moment_of(hour: int, zone: tzinfo) -> datetime:
    """Return the beginning of the hour with this number in `zone`."""
    return datetime.fromtimestamp(hour * _HOUR_S, UTC).replace(tzinfo=zone)


def deadlines_kept(arrivals: Iterable[Due], *, a_day: float, until: int) -> Kept:
    """Replay `arrivals` through one queue that resolves `a_day` of them a day.

    Resolved hour by hour at an even pace, day and night, whatever falls due first (earliest
    deadline first: no other order misses fewer), beginning with an empty queue. What falls due
    after the hour `until` takes its place in the queue and is not counted.
    """
    queue: list[tuple[float, int]] = []
    coming = sorted(arrivals, reverse=True)
    known = sum(one.n for one in coming if one.due <= until)
    pace = a_day / _HOURS_OF_A_DAY
    missed, ready, hour = 0, 0.0, coming[-1].hour if coming else until
    while hour < until and (queue or coming):
        while coming and coming[-1].hour <= hour:
            arrived = coming.pop()
            heapq.heappush(queue, (arrived.due, arrived.n))
        late, ready = _resolve(queue, hour, ready + pace)
        if not queue:
            # Whoever waits for work is ready for one follow-up, not for all that did not come.
            ready = min(ready, max(0.0, 1 - pace))
        missed += late
        hour = hour + 1 if queue or not coming else max(hour + 1, coming[-1].hour)
    left = [*queue, *((one.due, one.n) for one in coming)]
    return Kept(due=known, missed=missed + sum(n for due, n in left if due <= until))


def _resolve(queue: list[tuple[float, int]], hour: int, ready: float) -> tuple[int, float]:
    """Take from `queue` as many as are `ready`; return how many were late, and what is left."""
    missed = 0
    while queue and ready >= 1:
        due, n = heapq.heappop(queue)
        taken = min(n, int(ready))
        ready -= taken
        missed += taken if due < hour else 0
        if taken < n:
            heapq.heappush(queue, (due, n - taken))
    return missed, ready
