"""How far two who label the same things agree, beyond what chance would make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Agreement(NamedTuple):
    """Of `compared` things labelled by both, the share with the same label, and Cohen's kappa.

    `kappa` is 1 for full agreement and 0 for that of chance; None where there is nothing to
    compare, or both only ever used one and the same label, which chance would give as well.
    """

    compared: int
    share: float | None
    kappa: float | None


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Return how far the labels of `pairs` agree: kappa is (po - pe) / (1 - pe) (Cohen 1960)."""
    together = Counter(pairs)
    compared = together.total()
    if not compared:
        return Agreement(0, None, None)
    ones, others = Counter[str](), Counter[str]()
    for (one, other), count in together.items():
        ones[one] += count
        others[other] += count
    same = sum(count for (one, other), count in together.items() if one == other)
    # Whole numbers until the end: whether chance explains everything must not hang on rounding.
    by_chance = sum(count * others[label] for label, count in ones.items())
    whole = compared * compared
    kappa = (same * compared - by_chance) / (whole - by_chance) if by_chance < whole else None
    return Agreement(compared, same / compared, kappa)
