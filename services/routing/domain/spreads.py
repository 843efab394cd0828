"""How long things took: the middle, and what nine of ten stay within."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Times of a step that was done `n` times, in seconds; absent where `n` is 0.

    Quantiles interpolate between the two nearest values (type 7 of R. J. Hyndman and Y. Fan,
    "Sample quantiles in statistical packages", The American Statistician 50 (1996), 361-365).
    """

    n: int
    median_s: float | None = None
    p90_s: float | None = None


def spread(times: Sequence[timedelta]) -> Spread:
    """Return median and 90th percentile of `times`."""
    if not times:
        return Spread(n=0)
    seconds = [time.total_seconds() for time in times]
    # A single value has no neighbour to interpolate to.
    deciles = quantiles(seconds * 2 if len(seconds) == 1 else seconds, n=10, method="inclusive")
    return Spread(n=len(times), median_s=median(seconds), p90_s=deciles[-1])
