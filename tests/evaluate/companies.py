"""Made-up companies at which nothing happens, or one thing does: for the detector to be judged by.

Their listening grows, has weekdays and a yearly season; the share that meets a cause has a season
of its own, and good and bad days and weeks: more varied than chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.outer_loop.domain.detection.sightings import Cell, Counts, Observed

TOUCHPOINTS = 6
CAUSES = 5
_WEEKDAYS = np.array([1.1, 1.0, 0.95, 1.0, 1.25, 0.8, 0.6])
_PEOPLE = 4000
Rates = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Sightings by cell, customer and day, and answers a day by touchpoint."""

    cells: list[Cell]
    cell: Counts
    customer: Counts
    day: Counts
    volume: Counts

    def seen_on(self, today: int) -> Observed:
        """Return what is known at the end of day `today`."""
        rows = np.repeat(np.arange(TOUCHPOINTS), CAUSES)
        backwards = self.volume[:, today::-1].cumsum(axis=1)
        heard = np.concatenate([np.zeros((TOUCHPOINTS, 1), np.int64), backwards], axis=1)
        known = self.day <= today
        return Observed(
            cells=self.cells,
            cell=self.cell[known],
            customer=self.customer[known],
            age=today - self.day[known],
            safety=np.zeros(int(known.sum()), np.bool_),
            heard=heard[rows],
        )

    def with_fault(self, monthly: float, times: float, first_day: int, seed: int) -> Company:
        """Return the company with cell 0 at `monthly` customers, `times` that from `first_day`."""
        rng = np.random.default_rng(seed)
        volume = self.volume[0] / self.volume[0].mean()
        mean = monthly / 30 * volume * _unrest(rng, 1, len(volume), 0.1, 0.1)[0]
        mean[first_day:] *= times
        counts = rng.poisson(mean)
        others = self.cell != 0
        day = np.repeat(np.arange(len(counts)), counts)
        return replace(
            self,
            cell=np.concatenate([self.cell[others], np.zeros(len(day), np.int64)]),
            customer=np.concatenate([self.customer[others], rng.integers(0, _PEOPLE, len(day))]),
            day=np.concatenate([self.day[others], day]),
        )


def company(seed: int, days: int) -> Company:
    """Return a company of `days` days at which nothing happens but life."""
    rng = np.random.default_rng(seed)
    volume = _volume(rng, days)
    cells = TOUCHPOINTS * CAUSES
    # From causes that a few meet in a year to some that several meet a day.
    monthly = np.exp(rng.uniform(np.log(0.3), np.log(90), cells))
    shares = volume / volume.mean(axis=1, keepdims=True)
    season = _season(rng, cells, days, 0.3)
    mean = monthly[:, None] / 30 * np.repeat(shares, CAUSES, axis=0) * season
    counts = rng.poisson(mean * _unrest(rng, cells, days, rng.uniform(0, 0.3), 0.15))
    cell, day = (axis.repeat(counts.ravel()) for axis in map(np.ravel, np.indices(counts.shape)))
    return Company(
        cells=[Cell(f"t{n // CAUSES}", f"cause{n}") for n in range(cells)],
        cell=cell,
        customer=rng.integers(0, _PEOPLE, len(cell)),
        day=day,
        volume=volume,
    )


def _volume(rng: np.random.Generator, days: int) -> Counts:
    day = np.arange(days)
    growth = np.exp(rng.uniform(-0.2, 0.8) * day / 365)
    mean = rng.uniform(20, 120, (TOUCHPOINTS, 1)) * growth * _WEEKDAYS[day % 7]
    mean = mean * _season(rng, 1, days, 0.4) * _unrest(rng, TOUCHPOINTS, days, 0.05, 0.05)
    return np.asarray(rng.poisson(mean), np.int64)


def _season(rng: np.random.Generator, rows: int, days: int, most: float) -> Rates:
    strength, turn = rng.uniform(0, most, (rows, 1)), rng.uniform(0, 2 * np.pi, (rows, 1))
    return np.asarray(1 + strength * np.sin(2 * np.pi * np.arange(days) / 365.25 + turn))


def _unrest(rng: np.random.Generator, rows: int, days: int, daily: float, weekly: float) -> Rates:
    """Return factors of mean 1 and variance `daily` by day and `weekly` by week."""
    weeks = _gamma(rng, rows, days // 7 + 1, weekly).repeat(7, axis=1)[:, :days]
    return _gamma(rng, rows, days, daily) * weeks


def _gamma(rng: np.random.Generator, rows: int, columns: int, variance: float) -> Rates:
    shape = 1 / max(variance, 1e-6)
    return rng.gamma(shape, 1 / shape, (rows, columns))
