"""When feedback comes: how much on which day, and at what hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from deploy.sample.company import Habits, Wave


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which somebody answers, and its day in the sample, from 0."""

    day: int
    moment: datetime


def slots(
    habits: Habits, wave: Wave, rng: Random, *, events: int, days: int, end: date
) -> Iterator[Slot]:
    """Yield `events` moments in order, on the `days` days before `end`.

    Days and hours are those of the company's time zone. The number of events of a day follows
    the weekday and the wave, not chance.
    """
    first = end - timedelta(days=days)
    dates = [first + timedelta(days=day) for day in range(days)]
    weights = [
        habits.weekdays[date_.weekday()] * (wave.volume if wave.covers(day) else 1)
        for day, date_ in enumerate(dates)
    ]
    hours = range(len(habits.hours))
    for day, count in enumerate(apportion(events, weights)):
        midnight = datetime.combine(dates[day], time(), habits.zone)
        seconds = (
            hour * 3600 + rng.randrange(3600) for hour in rng.choices(hours, habits.hours, k=count)
        )
        for second in sorted(seconds):
            yield Slot(day, midnight + timedelta(seconds=second))


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Share `total` out in whole numbers by `weights`: the largest remainders get the rest."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares
