"""Simulated changes whose effect is known, with what misleads those who only look before and after.

Each has groups that are heard each week; the truth is a rate, or a mean score, that moves with a
trend, a season and errors that last into the next week, and by the effect in the touched groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from services.outer_loop.domain.impact.design import ImpactDesign, Metric, Picked
from services.outer_loop.domain.impact.series import Heard

STARTS = date(2026, 3, 2)
_LOOKED_THROUGH, _PEAK = 30, 4


class Misleads(StrEnum):
    """What moves the numbers besides the change."""

    NOTHING = "nothing else"
    TREND = "an earlier trend"
    SEASON = "a season"
    PEAK = "picked at its peak"
    VOLUME = "other volume and mix"
    OVERDISPERSED = "overdispersion"


class Size(StrEnum):
    """How large the true effect is."""

    NONE = "none"
    SMALL = "small"
    LARGE = "large"


#: In the metric's unit, for the better: a large effect is what the design expects.
_EFFECTS = {
    Metric.DETRACTOR_SHARE: {Size.NONE: 0.0, Size.SMALL: 2.5, Size.LARGE: 7.0},
    Metric.CUSTOMERS_WITH_CAUSE: {Size.NONE: 0.0, Size.SMALL: 1.0, Size.LARGE: 3.0},
    Metric.MEAN_SCORE: {Size.NONE: 0.0, Size.SMALL: 0.2, Size.LARGE: 0.6},
}
#: Level, trend a year, height of the season, and deviation of a group's lasting error.
_SHAPES = {
    Metric.DETRACTOR_SHARE: (25.0, -5.0, 5.0, 1.5),
    Metric.CUSTOMERS_WITH_CAUSE: (8.0, -1.5, 2.0, 0.7),
    Metric.MEAN_SCORE: (7.0, 0.4, 0.4, 0.12),
}
_SCORE_DEVIATION = 2.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A design, what was heard, and the effect that there truly was, in the metric's unit."""

    design: ImpactDesign
    heard: Sequence[Heard]
    truth: float
    misleads: Misleads
    size: Size


def simulated(count: int, size: Size, seed: int) -> Iterator[Change]:
    """Yield `count` changes: every metric, comparison and thing that misleads in turn."""
    kinds = list(product(Metric, (True, False), Misleads))
    for number in range(count):
        metric, compared, misleads = kinds[number % len(kinds)]
        rng = np.random.default_rng([seed, list(Size).index(size), number])
        yield simulate(metric, misleads, size, compared=compared, rng=rng)


def simulate(
    metric: Metric, misleads: Misleads, size: Size, *, compared: bool, rng: np.random.Generator
) -> Change:
    """Return one change."""
    before, after = (int(rng.choice([52, 78])) if compared else 104), int(rng.choice([13, 26]))
    touched = [f"touched {one}" for one in range(int(rng.integers(1, 4)))]
    untouched = [f"untouched {one}" for one in range(int(rng.integers(2, 6)))] if compared else []
    effect = metric.better * _EFFECTS[metric][size]
    world = _World(metric, misleads, before + _LOOKED_THROUGH, after, rng)
    truths = {group: world.group() for group in [*touched, *untouched]}
    start = before + _LOOKED_THROUGH
    if misleads is Misleads.PEAK:
        start = _after_the_peak(truths[touched[0]], before, metric)
    heard = [
        row
        for group, truth in truths.items()
        for row in world.heard(group, truth, start, effect if group in touched else 0.0)
    ]
    picked = Picked(first=STARTS - timedelta(weeks=_PEAK), last=STARTS - timedelta(days=1))
    design = ImpactDesign(
        metric=metric,
        touched=frozenset(touched),
        untouched=frozenset(untouched),
        starts_on=STARTS,
        weeks_before=before,
        weeks_after=after,
        expected=metric.better * _EFFECTS[metric][Size.LARGE],
        frozen_at=datetime(2026, 2, 20, tzinfo=UTC),
        picked=picked if misleads is Misleads.PEAK else None,
    )
    return Change(design=design, heard=heard, truth=effect, misleads=misleads, size=size)


def _after_the_peak(truth: NDArray[np.float64], before: int, metric: Metric) -> int:
    """Return the week after the worst weeks, among those that people looked through."""
    recent = np.convolve(-metric.better * truth, np.ones(_PEAK), mode="valid")
    first = before - _PEAK
    return int(before + np.argmax(recent[first : first + _LOOKED_THROUGH + 1]))


class _World:
    """What the groups of one change have in common."""

    def __init__(
        self,
        metric: Metric,
        misleads: Misleads,
        before: int,
        after: int,
        rng: np.random.Generator,
    ) -> None:
        self._metric, self._misleads, self._rng = metric, misleads, rng
        self._weeks = np.arange(before + after)
        self._before = before
        self._level, trend, season, self._lasting = _SHAPES[metric]
        self._carry = float(rng.choice([0.0, 0.3, 0.5]))
        self._common = self._errors(self._lasting)
        year = 2 * np.pi * self._weeks / (365.25 / 7)
        turn = rng.uniform(0, 2 * np.pi)
        if misleads is Misleads.TREND:
            self._common += trend * (self._weeks - before) / (365.25 / 7)
        if misleads is Misleads.SEASON:
            self._common += season * (np.sin(year + turn) + 0.4 * np.sin(2 * (year + turn)))

    def group(self) -> NDArray[np.float64]:
        """Return a group's true values, in the metric's unit, were there no change."""
        own = self._rng.normal(0, self._lasting)
        calm = 0.5 if self._misleads is not Misleads.OVERDISPERSED else 1.0
        truth = self._level + own + self._common + self._errors(calm * self._lasting)
        return np.asarray(truth, dtype=np.float64)

    def heard(
        self, group: str, truth: NDArray[np.float64], start: int, effect: float
    ) -> Iterator[Heard]:
        """Yield what is heard from a group, its weeks counted from `start`."""
        usual = float(self._rng.uniform(60, 250))
        later = self._later()
        for week, value in zip((self._weeks - start).tolist(), truth.tolist(), strict=True):
            listened = 1 + int(self._rng.poisson(usual * (later if week >= 0 else 1)))
            amount = self._amount(listened, value + (effect if week >= 0 else 0.0))
            yield Heard(group=group, week=week, listened=listened, amount=amount)

    def _later(self) -> float:
        changes = self._misleads is Misleads.VOLUME
        return float(self._rng.uniform(0.6, 1.9)) if changes else 1.0

    def _amount(self, listened: int, value: float) -> float:
        if self._metric is Metric.MEAN_SCORE:
            noise = self._rng.normal(0, _SCORE_DEVIATION) * np.sqrt(listened)
            return float(listened * value + noise)
        share = min(max(value / 100, 0.0), 1.0)
        if self._misleads is Misleads.OVERDISPERSED:
            share = float(self._rng.beta(share * 60 + 1e-9, (1 - share) * 60 + 1e-9))
        return float(self._rng.binomial(listened, share))

    def _errors(self, deviation: float) -> NDArray[np.float64]:
        shocks = self._rng.normal(0, deviation, len(self._weeks))
        shocks[1:] *= np.sqrt(1 - self._carry**2)
        for week in range(1, len(shocks)):
            shocks[week] += self._carry * shocks[week - 1]
        return np.asarray(shocks, dtype=np.float64)
