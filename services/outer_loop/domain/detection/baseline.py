"""Counts of distinct customers: in the days judged, in the cell's own past, and a year ago.

The past is cut into blocks as long as the span that is judged. Blocks shorter than a week lie
whole weeks apart, so that Saturdays are compared with Saturdays. The latest weeks are no part of
the past: what has just begun must not become its own baseline (Noufaily et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.outer_loop.domain.detection.sightings import Counts, Observed

WEEK = 7
#: 52 weeks: the same weekdays in the same season.
YEAR = 52 * WEEK
#: A season comes up to two weeks earlier or later than last year.
SHIFTS = (-14, -7, 0, 7, 14)
#: The past that a baseline is made of.
PAST_DAYS = 26 * WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Customers and answers of every cell in one stretch of days: arrays, an entry a cell."""

    customers: Counts
    heard: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The last `span` days, the blocks of the past, and the same days of last year, if known.

    The arrays of `past` have a row for each block.
    """

    span: int
    now: Stretch
    past: Stretch
    last_year: tuple[Stretch, ...]

    @property
    def blocks(self) -> int:
        """Return how many blocks the past has, 0 when too little of it was listened to."""
        return len(self.past.customers)


def compare(seen: Observed, span: int, *, window: int) -> Comparison:
    """Count the last `span` days beside the past before the last `window` days."""
    guard, step = -(-window // WEEK) * WEEK, max(WEEK, span)
    last = min(seen.days, guard + PAST_DAYS) - span
    year = [YEAR + shift for shift in SHIFTS] if seen.days >= YEAR + max(SHIFTS) + span else []
    past = [_stretch(seen, start, span) for start in range(guard, last + 1, step)]
    return Comparison(
        span=span,
        now=_stretch(seen, 0, span),
        past=_stacked(past, len(seen.cells)),
        last_year=tuple(_stretch(seen, start, span) for start in year),
    )


def customers_within(
    seen: Observed, first: int, days: int, *, among: NDArray[np.bool_] | None = None
) -> Counts:
    """Return for each cell its distinct customers from `first` days ago, `days` days back.

    `among` picks the sightings that count; without it all do.
    """
    inside = (seen.age >= first) & (seen.age < first + days)
    if among is not None:
        inside &= among
    people = int(seen.customer.max(initial=0)) + 1
    distinct = np.unique(seen.cell[inside] * people + seen.customer[inside])
    return np.bincount(distinct // people, minlength=len(seen.cells)).astype(np.int64)


def _stretch(seen: Observed, first: int, days: int) -> Stretch:
    low, high = min(first, seen.days), min(first + days, seen.days)
    return Stretch(
        customers=customers_within(seen, first, days),
        heard=seen.heard[:, high] - seen.heard[:, low],
    )


def _stacked(stretches: list[Stretch], cells: int) -> Stretch:
    empty = np.zeros((0, cells), np.int64)
    return Stretch(
        customers=np.stack([one.customers for one in stretches]) if stretches else empty,
        heard=np.stack([one.heard for one in stretches]) if stretches else empty,
    )
