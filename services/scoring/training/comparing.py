"""How well judges judge, one beside another, on texts that none of them learnt from. Pure.

A judge that abstains is silent: it has found nothing, so its silence misses the true label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.scoring.domain.text.calibration import calibration_error
from services.scoring.domain.text.opinion import Opinion

Numbers = npt.NDArray[np.float64]

#: Samples that are drawn for an interval, and the share of their gains that lies within it.
ROUNDS = 1000
CONFIDENCE = 0.95
_SEED = 20261122
_ROUNDS_AT_A_TIME = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well one judge did; shares are 0 to 1.

    `macro_f1` is the mean F1 of the labels that occur, `coverage` the share of texts on which it
    had an opinion. `accuracy` and `calibration_error` are those of its opinions, None without any.
    """

    macro_f1: float
    accuracy: float | None
    calibration_error: float | None
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """How well one judge found one label, which `texts` of the texts have."""

    label: str
    texts: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """By how much macro-F1 is higher with one judge than with the other, and the interval of it."""

    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Tell whether chance alone would hardly make it look as good."""
        return self.low > 0


def figures(truth: Sequence[str], opinions: Sequence[Opinion]) -> Figures:
    """Return how well `opinions` on texts meet the labels that these have."""
    told = [
        (opinion.probability, opinion.label == label)
        for label, opinion in zip(truth, opinions, strict=True)
        if opinion.label is not None
    ]
    right = [is_right for _, is_right in told]
    f1 = [one.f1 for one in by_label(truth, opinions)]
    return Figures(
        macro_f1=sum(f1) / max(len(f1), 1),
        accuracy=sum(right) / len(right) if told else None,
        calibration_error=calibration_error([sure for sure, _ in told], right) if told else None,
        coverage=len(told) / max(len(opinions), 1),
    )


def by_label(truth: Sequence[str], opinions: Sequence[Opinion]) -> list[LabelFigures]:
    """Return how well each label that occurs in `truth` was found, those of most texts first."""
    hits, real, said = _counts(truth, opinions).sum(axis=1)
    found = [
        LabelFigures(
            label=label,
            texts=int(real[place]),
            precision=float(hits[place] / max(said[place], 1)),
            recall=float(hits[place] / real[place]),
            f1=float(2 * hits[place] / (real[place] + said[place])),
        )
        for place, label in enumerate(sorted(set(truth)))
    ]
    return sorted(found, key=lambda one: (-one.texts, one.label))


def compare(
    truth: Sequence[str], opinions: Sequence[Opinion], others: Sequence[Opinion]
) -> Comparison:
    """Return by how much `opinions` are better than `others` on the same texts.

    The interval is the paired percentile bootstrap's (Efron 1979): texts are drawn with
    replacement, each with what both say of it. The same texts give the same interval.
    """
    ours, theirs = _counts(truth, opinions), _counts(truth, others)
    everything = np.ones((1, len(truth)))
    gain = _macro_f1(ours, everything) - _macro_f1(theirs, everything)
    generator = np.random.default_rng(_SEED)
    gains = np.concatenate(
        [
            _macro_f1(ours, drawn) - _macro_f1(theirs, drawn)
            for drawn in (_draw(generator, len(truth)) for _ in range(0, ROUNDS, _ROUNDS_AT_A_TIME))
        ]
    )
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains, [outside, 1 - outside])
    return Comparison(gain=float(gain[0]), low=float(low), high=float(high))


def _draw(generator: np.random.Generator, texts: int) -> Numbers:
    """Return how often each text is drawn, a row a sample."""
    drawn = generator.integers(texts, size=(_ROUNDS_AT_A_TIME, texts))
    return np.stack([np.bincount(row, minlength=texts) for row in drawn]).astype(np.float64)


def _counts(truth: Sequence[str], opinions: Sequence[Opinion]) -> Numbers:
    """Return for each text and each label of `truth` whether it was hit, is true, and was said."""
    names = {label: place for place, label in enumerate(sorted(set(truth)))}
    counts = np.zeros((3, len(truth), len(names)))
    for row, (label, opinion) in enumerate(zip(truth, opinions, strict=True)):
        counts[1, row, names[label]] = 1
        if opinion.label in names:
            counts[2, row, names[opinion.label]] = 1
            counts[0, row, names[opinion.label]] = opinion.label == label
    return counts


def _macro_f1(counts: Numbers, weights: Numbers) -> Numbers:
    """Return the macro-F1 of each row of `weights` (how often each text counts).

    The mean is over the labels that are true of some text that counts.
    """
    hits, real, said = (weights @ each for each in counts)
    f1 = 2 * hits / np.maximum(real + said, 1)
    return np.asarray(f1.sum(axis=1) / np.maximum((real > 0).sum(axis=1), 1))
