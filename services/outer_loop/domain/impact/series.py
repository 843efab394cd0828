"""From what was heard in each group and week to the one series that is modelled.

With untouched groups it is the difference, touched less untouched: what happens to both, a
season, a bad month, a new price, is gone from it. Groups are weighted by what was heard from
them before the change, so that a later change of their sizes moves nothing (direct
standardisation). A group that was not heard before the change counts for nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.outer_loop.domain.impact.design import ImpactDesign

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one group said in one week.

    `amount` is the number of detractors or of customers with the cause, or the sum of scores,
    among the `listened` customers.
    """

    group: str
    week: int
    listened: int
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A value for each week, in the metric's unit; arrays of the same length, weeks ascending.

    `spread` is the variance that sampling alone leaves in each week, up to a factor.
    `touched` is the value in the touched groups alone.
    """

    weeks: Floats
    values: Floats
    spread: Floats
    touched: Floats
    compared: bool

    def only(self, which: NDArray[np.bool_]) -> Series:
        """Return the weeks for which `which` is true."""
        return Series(
            weeks=self.weeks[which],
            values=self.values[which],
            spread=self.spread[which],
            touched=self.touched[which],
            compared=self.compared,
        )

    @property
    def before(self) -> Series:
        """The weeks before the change."""
        return self.only(self.weeks < 0)

    @property
    def after(self) -> Series:
        """The weeks from the change on."""
        return self.only(self.weeks >= 0)


Cells = Mapping[tuple[str, int], tuple[int, float]]


def cells(design: ImpactDesign, heard: Iterable[Heard]) -> Cells:
    """Return (listened, amount) by group and week, of the weeks and groups that are compared."""
    listened: defaultdict[tuple[str, int], int] = defaultdict(int)
    amounts: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    known = design.touched | design.untouched
    for one in heard:
        if one.group in known and one.listened > 0 and design.counts(one.week):
            listened[one.group, one.week] += one.listened
            amounts[one.group, one.week].append(one.amount)
    # fsum: the same to the last digit in whatever order the rows came.
    return {key: (listened[key], math.fsum(amounts[key])) for key in sorted(listened)}


def series_of(design: ImpactDesign, heard: Iterable[Heard]) -> Series:
    """Return the series that the design asks for.

    A week in which some group was not heard at all is left out: its place in time is kept.
    """
    table = cells(design, heard)
    touched = _Side(table, design.touched)
    compared = bool(design.untouched)
    other = _Side(table, design.untouched) if compared else touched
    common = sorted(touched.weeks & other.weeks)
    rates = np.array([touched.rate(week) for week in common]) * design.metric.factor
    spread = np.array([touched.spread(week) for week in common])
    values = rates
    if compared:
        values = rates - np.array([other.rate(week) for week in common]) * design.metric.factor
        spread = spread + np.array([other.spread(week) for week in common])
    return Series(
        weeks=np.array(common, dtype=np.float64),
        values=values,
        spread=spread,
        touched=rates,
        compared=compared,
    )


class _Side:
    """The touched groups, or the untouched ones, as one."""

    def __init__(self, table: Cells, groups: Iterable[str]) -> None:
        self._table = table
        before = {
            group: sum(n for (name, week), (n, _) in table.items() if name == group and week < 0)
            for group in sorted(groups)
        }
        total = sum(before.values())
        self._share = {group: n / total for group, n in before.items() if n}
        weeks = [{week for name, week in table if name == group} for group in self._share]
        self.weeks = set.intersection(*weeks) if weeks else set()

    def rate(self, week: int) -> float:
        return math.fsum(
            share * self._table[group, week][1] / self._table[group, week][0]
            for group, share in self._share.items()
        )

    def spread(self, week: int) -> float:
        return math.fsum(
            share**2 / self._table[group, week][0] for group, share in self._share.items()
        )
