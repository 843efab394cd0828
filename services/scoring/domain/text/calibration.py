"""Probabilities of labels: from scores, and how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: The parts of equal width into which probabilities fall to be compared with what came true.
BINS = 10


def softmax(scores: Sequence[float]) -> list[float]:
    """Return the probabilities of labels of which one holds, from their log-odds."""
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def sigmoids(scores: Sequence[float]) -> list[float]:
    """Return the probabilities of labels that hold independently, from their log-odds."""
    return [(1 + math.tanh(score / 2)) / 2 for score in scores]


def calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Return the expected calibration error, 0 to 1 (Naeini, Cooper, Hauskrecht 2015).

    The mean distance, weighed by their numbers, between the probability stated and the share
    that was right, over ten bins of equal width.
    """
    sums = [0.0] * BINS
    for probability, is_right in zip(probabilities, right, strict=True):
        sums[min(int(probability * BINS), BINS - 1)] += probability - is_right
    return sum(map(abs, sums)) / max(len(probabilities), 1)


def threshold_keeping(probabilities: Sequence[float], share: float) -> float:
    """Return the threshold that the `share` (0 to 1) of the highest probabilities reach."""
    ranked = sorted(probabilities, reverse=True)
    kept = math.ceil(share * len(ranked))
    return ranked[kept - 1] if kept else 1.0
