"""What a program asks of the detector, and what the detector says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.outer_loop.domain.detection.sightings import Cell


class Kind(StrEnum):
    """Why a cell is flagged, or why it is not."""

    SAFETY = "safety"
    NEW = "new"
    RISEN = "risen"
    TOO_FEW = "too_few"
    AS_USUAL = "as_usual"
    NOT_YET_SURE = "not_yet_sure"
    NO_PAST = "no_past"


FLAGGED = frozenset({Kind.SAFETY, Kind.NEW, Kind.RISEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At least `customers` in `days`, at `times` the usual, beyond chance.

    `false_discoveries` bounds the share of false alarms among a day's alarms (Benjamini and
    Yekutieli 2001). On a company where nothing happens it bounds the days with any alarm: 0.01
    is fewer than one a quarter, however the cells and days depend on each other.
    """

    customers: int = 5
    days: int = 30
    times: float = 2.0
    false_discoveries: float = 0.01

    @property
    def spans(self) -> tuple[int, ...]:
        """Return the days judged: short ones for what begins at once, long ones for what grows."""
        return tuple(sorted({span for span in (3, 7, 14) if span < self.days} | {self.days}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the detector says of a cell, with the numbers that it goes by.

    `customers` in the last `span` days stand beside `past` in `blocks` earlier stretches; `share`
    is the answers heard in the span for each answer of that past, and `usual` the customers to be
    expected. `chance` is the probability of so many by chance in one cell, all spans considered;
    `level` the one below which a cell that rises alone is flagged. `safety` counts the customers
    of the window whose case was one of safety, `in_window` all of them.
    """

    cell: Cell
    kind: Kind
    in_window: int
    safety: int
    span: int
    customers: int
    past: int
    blocks: int
    share: float
    usual: float
    dispersion: float
    chance: float
    level: float
    as_last_year: bool

    @property
    def flagged(self) -> bool:
        """Tell whether an issue is due."""
        return self.kind in FLAGGED
