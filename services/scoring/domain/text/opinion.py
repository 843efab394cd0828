"""What a judge thinks of a text: a label with its probability, or that it can't tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: Words that an opinion names at most.
MOST_WORDS = 5


class Weight(NamedTuple):
    """One word or phrase that spoke for the label; `weight` is the log-odds that it added."""

    words: str
    weight: float


class Opinion(NamedTuple):
    """A label (None: the judge abstains) with the calibrated probability that it is right.

    Of the best label when it abstains. `words` are those that weighed most, at most five, and
    none when nobody asked.
    """

    label: str | None
    probability: float
    words: tuple[Weight, ...] = ()


#: What is said of a text that nobody can judge.
NO_OPINION = Opinion(None, 0.0)


def heaviest(weights: Iterable[Weight]) -> tuple[Weight, ...]:
    """Return the words that weighed most, heaviest first, equals by the alphabet."""
    ranked = sorted(weights, key=lambda weight: (-weight.weight, weight.words))
    return tuple(ranked[:MOST_WORDS])
