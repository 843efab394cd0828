"""How often chance alone would do this: a test for small, overdispersed counts.

Given Y customers among V answers in the past, the number among v answers now is at least n with
the probability that a negative binomial of mean (Y+1)·v/V and size 1/(1/(Y+1) + a·(1+1/K)) gives,
with K blocks and the dispersion a (variance m + a·m²). For a = 0 that is, to the digit, the exact
conditional binomial test of two Poisson rates: P(Bin(n+Y, v/(v+V)) ≥ n), which holds its level
however small the counts are (Przyborowski and Wilenski, Biometrika 31, 1940). The answers listened
to are the exposure: a rate is compared, so listening more is no alarm. Dispersion in outbreak
detection: Farrington et al., JRSS A 159 (1996); Noufaily et al., Statistics in Medicine 32 (2013).
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from services.outer_loop.domain.detection.baseline import Comparison, Stretch

Floats = NDArray[np.float64]
#: How much of a cell's dispersion comes from all cells: the weight of so many customers squared.
_SHARED_WEIGHT = 10.0
#: With fewer blocks a span says nothing of its own dispersion.
_ENOUGH_BLOCKS = 4
#: The 97.5 % point of the normal distribution.
_Z = 1.959963984540054


def tail(
    n: ArrayLike, y: ArrayLike, share: ArrayLike, dispersion: ArrayLike, blocks: int
) -> Floats:
    """Return the chance of `n` or more after `y` in the past; numbers or arrays.

    `share` is the answers heard now for each answer of the past, above 0.
    """
    known = np.asarray(y, np.float64) + 1
    mean = known * np.asarray(share, np.float64)
    size = 1 / (1 / known + np.asarray(dispersion, np.float64) * (1 + 1 / blocks))
    below = np.asarray(n, np.float64) - 1
    return np.asarray(stats.nbinom.sf(below, size, size / (size + mean)), np.float64)


def dispersions(comparisons: list[Comparison]) -> list[Floats]:
    """Return each cell's dispersion for each comparison, drawn towards that of all cells.

    A cell alone has too few customers to tell, and a few blocks that happen to agree are no proof
    of calm: none counts as calmer than all together. Moment estimates, shared as in Robinson and
    Smyth, Biostatistics 9 (2008); of the spans the most dispersed speaks for those whose past is
    too short to say.
    """
    parts = [_moments(one.past) for one in comparisons]
    shared = [max(0.0, float(extra.sum()) / max(1.0, float(mean.sum()))) for extra, mean in parts]
    return [
        np.maximum(floor, (extra + _SHARED_WEIGHT * floor) / (mean + _SHARED_WEIGHT))
        for (extra, mean), floor in zip(
            parts,
            (_floor(one, at, shared) for one, at in zip(comparisons, shared, strict=True)),
            strict=True,
        )
    ]


def _floor(one: Comparison, shared: float, all_shared: list[float]) -> float:
    return shared if one.blocks >= _ENOUGH_BLOCKS else max(all_shared)


def ratio_interval(
    n: int, y: int, share: float, dispersion: float, blocks: int
) -> tuple[float, float, float]:
    """Return how many times as many as usual, and its 95 % interval, on the log scale.

    `y` is above 0. The variance of the logarithm is 1/n + 1/y + a·(1+1/K).
    """
    ratio = n / (y * share)
    half = _Z * sqrt(1 / n + 1 / y + dispersion * (1 + 1 / blocks))
    return ratio, ratio * exp(-half), ratio * exp(half)


def _moments(past: Stretch) -> tuple[Floats, Floats]:
    """Return for each cell the extra variance of its blocks, and the squared means below it."""
    y, heard = past.customers.astype(np.float64), past.heard
    total, blocks = np.maximum(heard.sum(axis=0), 1), (heard > 0).sum(axis=0)
    mean = y.sum(axis=0) * heard / total
    # With a mean estimated from them, blocks vary less around it: a block's worth of variance.
    freedom = np.where(blocks > 1, 1 - 1 / np.maximum(blocks, 1), 0.0)
    extra = ((y - mean) ** 2).sum(axis=0) - y.sum(axis=0) * freedom
    known = blocks > 1
    return np.where(known, extra, 0.0), np.where(known, (mean**2).sum(axis=0) * freedom, 0.0)
