"""What stands out among many causes: which few are most of it, and where each is thickest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: Below so many customers a rate is not coloured: chance would paint it.
FEWEST = 5
#: How strong a colour gets.
STRONGEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCause:
    """A cause among those of a period, as people call it.

    Distinct customers: `confirmed` by owners, `suggested` by scoring; `weight` is the sum of its
    texts by their probabilities. `reached` is the share of all confirmed that it and those before
    it make up, 0 to 1.
    """

    id: str
    name: str
    confirmed: int
    suggested: int
    weight: float
    reached: float


def reached(counts: Sequence[int]) -> list[float]:
    """Return for each count the share of all that it and those before it make up, 0 to 1."""
    total = sum(counts) or 1
    return [so_far / total for so_far in accumulate(counts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """A cause at a touchpoint: customers, the rate in 100 heard there, how strong its colour.

    `strength` goes from 0, too few to say, to STRONGEST, the highest rate of all.
    """

    customers: int
    rate: float | None
    strength: int


def heat(
    customers: Mapping[tuple[str, str], int], heard: Mapping[str, int]
) -> Mapping[tuple[str, str], HeatCell]:
    """Return a cell for each cause and touchpoint; `heard` are the answers of each touchpoint."""
    rates = {key: _rate(n, heard.get(key[1], 0)) for key, n in customers.items()}
    known = [rate for key, rate in rates.items() if rate is not None and customers[key] >= FEWEST]
    highest = max(known, default=0.0)
    return {
        key: HeatCell(
            customers=n,
            rate=rates[key],
            strength=_strength(rates[key], highest) if n >= FEWEST else 0,
        )
        for key, n in customers.items()
    }


def _rate(customers: int, heard: int) -> float | None:
    # Whoever met the cause may have been heard in an earlier period: no rate above 100.
    return min(100 * customers / heard, 100.0) if heard else None


def _strength(rate: float | None, highest: float) -> int:
    if rate is None or highest <= 0:
        return 0
    return max(1, min(STRONGEST, round(STRONGEST * rate / highest)))
