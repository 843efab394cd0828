"""One run of the detector: every cell on one day, judged together.

Each cell is judged over several spans and by the least likely of them, which is multiplied by
their number (Bonferroni). Where last year is known, a span counts as unlikely only beside the
recent past and beside the same season a year ago: the larger of the two probabilities (an
intersection-union test: Berger, Technometrics 24, 1982). Over all cells the false discovery rate
is held whatever their dependence (Benjamini and Yekutieli, Annals of Statistics 29, 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from services.outer_loop.domain.detection.baseline import (
    Comparison,
    Stretch,
    compare,
    customers_within,
)
from services.outer_loop.domain.detection.chance import Floats, dispersions, tail
from services.outer_loop.domain.detection.rules import Kind, Rule, Verdict
from services.outer_loop.domain.detection.sightings import Cell, Counts, Observed

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """One span's numbers, an entry a cell. `chance` is 1 where too few times as many came."""

    length: int
    customers: Counts
    past: Counts
    blocks: int
    share: Floats
    usual: Floats
    dispersion: Floats
    chance: Floats
    by_year: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all cells together say: an entry a cell, but for `level` and the causes met before."""

    best: Sequence[_Span]
    chance: Floats
    sure: Flags
    in_window: Counts
    safety: Counts
    level: float
    causes: frozenset[str]


def detect(seen: Observed, rule: Rule) -> list[Verdict]:
    """Return a verdict on each cell, in the order of `seen.cells`."""
    if not seen.cells:
        return []
    comparisons = [compare(seen, span, window=rule.days) for span in rule.spans]
    both = zip(comparisons, dispersions(comparisons), strict=True)
    run = _together(seen, rule, [_judged(one, dispersion, rule) for one, dispersion in both])
    return [_verdict(cell, rule, run, n) for n, cell in enumerate(seen.cells)]


def _together(seen: Observed, rule: Rule, spans: Sequence[_Span]) -> _Run:
    chances = np.minimum(1.0, np.stack([span.chance for span in spans]) * len(spans))
    chance = chances.min(axis=0)
    best = np.where(chance < 1, chances.argmin(axis=0), len(spans) - 1)
    return _Run(
        best=[spans[n] for n in best],
        chance=chance,
        sure=stats.false_discovery_control(chance, method="by") <= rule.false_discoveries,
        in_window=customers_within(seen, 0, rule.days),
        safety=customers_within(seen, 0, rule.days, among=seen.safety),
        level=_level(rule, len(seen.cells)),
        causes=frozenset(seen.cells[n].what for n in np.unique(seen.cell[seen.age >= rule.days])),
    )


def _judged(one: Comparison, dispersion: Floats, rule: Rule) -> _Span:
    past, heard = one.past.customers.sum(axis=0), one.past.heard.sum(axis=0)
    # Whoever was sighted was heard, even where the listening was not counted.
    now = np.maximum(one.now.heard, one.now.customers)
    share = np.where(heard > 0, now / np.maximum(heard, 1), 0.0)
    chance = np.where(
        heard > 0,
        tail(one.now.customers, past, np.maximum(share, 1e-9), dispersion, max(1, one.blocks)),
        1.0,
    )
    usual, by_year = past * share, np.zeros(len(past), np.bool_)
    for year in one.last_year:
        season, likely = _season(one, year, now, dispersion)
        by_year |= (likely > chance) & (season > usual)
        chance, usual = np.maximum(chance, likely), np.maximum(usual, season)
    return _Span(
        length=one.span,
        customers=one.now.customers,
        past=past,
        blocks=one.blocks,
        share=share,
        usual=usual,
        dispersion=dispersion,
        chance=np.where(one.now.customers >= np.maximum(1, rule.times * usual), chance, 1.0),
        by_year=by_year,
    )


def _season(
    one: Comparison, year: Stretch, now: Counts, dispersion: Floats
) -> tuple[Floats, Floats]:
    """Return what last year makes usual, and the chance beside it; 0 where it was not heard."""
    heard = year.heard > 0
    share = np.where(heard, now / np.maximum(year.heard, 1), 0.0)
    chance = tail(one.now.customers, year.customers, np.maximum(share, 1e-9), dispersion, 1)
    return np.asarray(year.customers * share, np.float64), np.where(heard, chance, 0.0)


def _level(rule: Rule, cells: int) -> float:
    harmonic = sum(1 / n for n in range(1, cells + 1))
    return rule.false_discoveries / (cells * harmonic)


def _verdict(cell: Cell, rule: Rule, run: _Run, n: int) -> Verdict:
    span = run.best[n]
    return Verdict(
        cell=cell,
        kind=_kind(cell, rule, run, n),
        in_window=int(run.in_window[n]),
        safety=int(run.safety[n]),
        span=span.length,
        customers=int(span.customers[n]),
        past=int(span.past[n]),
        blocks=span.blocks,
        share=float(span.share[n]),
        usual=float(span.usual[n]),
        dispersion=float(span.dispersion[n]),
        chance=float(run.chance[n]),
        level=run.level,
        as_last_year=bool(span.by_year[n]),
    )


def _kind(cell: Cell, rule: Rule, run: _Run, n: int) -> Kind:
    if run.safety[n]:
        return Kind.SAFETY
    if run.in_window[n] < rule.customers:
        return Kind.TOO_FEW
    if not run.best[n].share[n]:
        return Kind.NO_PAST
    if run.sure[n]:
        # A cause that spreads to a new place is not new.
        return Kind.RISEN if cell.what in run.causes else Kind.NEW
    return Kind.AS_USUAL if run.chance[n] >= 1 else Kind.NOT_YET_SURE
