"""What an answer took: of those who worked for it, and of the customer by their own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something was done for each of `n` follow-ups; absent where `n` is 0."""

    n: int
    mean: float | None = None
    median: float | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What it took until a follow-up was first verified.

    `contacts`: attempts to reach the customer. `hands`: how often it changed hands after its first
    owner. `reopenings`: how often it was opened again.
    """

    contacts: Tally
    hands: Tally
    reopenings: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEffort:
    """How easy `n` customers found it, on the scale ces (1 to 7, easy is high), on average.

    `before` is the rating that their follow-up came from, `after` their last answer to the
    re-survey: the same customers in both.
    """

    n: int
    before: float | None = None
    after: float | None = None


def tally(counts: Sequence[int]) -> Tally:
    """Sum up how often something was done."""
    if not counts:
        return Tally(n=0)
    return Tally(n=len(counts), mean=fmean(counts), median=float(median(counts)), most=max(counts))


def own_effort(pairs: Sequence[tuple[float, float]]) -> OwnEffort:
    """Average what customers said before and after."""
    if not pairs:
        return OwnEffort(n=0)
    before, after = zip(*pairs, strict=True)
    return OwnEffort(n=len(pairs), before=fmean(before), after=fmean(after))
