"""What the detector looks at: cells, who met them when, and how much was listened to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class Cell(NamedTuple):
    """Where something goes wrong and what; `part` narrows it to a segment, place or product."""

    touchpoint: str
    what: str
    part: str = ""


class Sighting(NamedTuple):
    """A customer met a cell's cause on a day; `safety` when someone might have come to harm."""

    cell: Cell
    customer_id: str
    day: date
    safety: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that is known, in columns: sighting by sighting, day by day.

    `cell`, `customer`, `age` (days before `today`, 0 is today) and `safety` have one entry for
    each distinct sighting. `heard` has a row for each cell: how many answers its touchpoint had
    within so many days, [0, 1, 2, …] days long, counted back from today.
    """

    cells: Sequence[Cell]
    cell: Counts
    customer: Counts
    age: Counts
    safety: NDArray[np.bool_]
    heard: Counts

    @property
    def days(self) -> int:
        """Return how many days were listened to, today among them."""
        return int(self.heard.shape[1]) - 1


def observe(
    cells: Sequence[Cell],
    sightings: Iterable[Sighting],
    listened: Mapping[tuple[str, date], int],
    *,
    today: date,
) -> Observed:
    """Put what is known up to `today` into columns; order and repeats do not matter.

    `cells` are all that could be met, met or not: they are what chance is counted over.
    `listened` is the number of scored answers by touchpoint and day. Raises KeyError for a
    sighting outside `cells`.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    distinct = sorted({one for one in sightings if one.day <= today})
    people = {name: number for number, name in enumerate(sorted({s[1] for s in distinct}))}
    return Observed(
        cells=cells,
        cell=_column(place[one.cell] for one in distinct),
        customer=_column(people[one.customer_id] for one in distinct),
        age=_column((today - one.day).days for one in distinct),
        safety=np.fromiter((one.safety for one in distinct), np.bool_),
        heard=_heard(cells, listened, today),
    )


def _column(values: Iterable[int]) -> Counts:
    return np.fromiter(values, np.int64)


def _heard(cells: Sequence[Cell], listened: Mapping[tuple[str, date], int], today: date) -> Counts:
    known = {key: n for key, n in listened.items() if key[1] <= today and n > 0}
    days = max(((today - day).days + 1 for _, day in known), default=0)
    row = {name: number for number, name in enumerate(sorted({cell.touchpoint for cell in cells}))}
    daily = np.zeros((len(row), days + 1), np.int64)
    for (touchpoint, day), n in known.items():
        if touchpoint in row:
            daily[row[touchpoint], (today - day).days + 1] = n
    rows = [row[cell.touchpoint] for cell in cells]
    return np.asarray(daily.cumsum(axis=1)[rows], np.int64)
