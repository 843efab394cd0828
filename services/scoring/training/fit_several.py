"""Fits a model to texts that can have several labels, or none: one machine asks for each label."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from services.scoring.domain.text.linear import Model, Origin
from services.scoring.training.counts import count, rounded, table_of
from services.scoring.training.fit import FEWEST_TEXTS, FOLDS, KEPT, SURE, TrainingError

Numbers = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

STRENGTH = 0.2
#: The probabilities from which on a label might be given; the best by F1 is taken.
_BOUNDS = np.linspace(0.1, 0.7, 25)


def fit_several(
    texts: Sequence[str], labels: Sequence[Collection[str]], *, origin: Origin
) -> Model:
    """Return a model that gives a text any number of the labels that occur in `labels`.

    Raises TrainingError for a label that fewer than ten texts have, or lack.
    """
    names = tuple(sorted({label for each in labels for label in each}))
    counted = count(texts)
    rows, biases, tilts, tops = [], [], [], []
    for name in names:
        truth = np.array([name in each for each in labels])
        _check(name, truth)
        margins = _unseen_margins(counted.matrix, truth)
        slope, shift = _platt(margins, truth)
        probabilities = 1 / (1 + np.exp(-(slope * margins + shift)))
        weights, bias = _machine(counted.matrix, truth)
        rows.append(slope * weights)
        biases.append(slope * bias + shift)
        tilts.append(_tilt(probabilities, truth))
        tops.append(probabilities)
    return Model(
        origin=origin,
        labels=names,
        vocabulary=counted.vocabulary,
        weights=table_of(counted, np.stack(rows)),
        bias=rounded(np.array(biases)),
        prior=rounded(np.array([np.mean([name in each for each in labels]) for name in names])),
        tilt=rounded(np.array(tilts)),
        threshold=rounded(np.minimum(np.quantile(np.max(tops, axis=0), [1 - KEPT]), SURE))[0],
        several=True,
    )


def _check(name: str, truth: Truths) -> None:
    if truth.sum() < FEWEST_TEXTS:
        raise TrainingError(
            f"The label {name!r} has {truth.sum()} texts; {FEWEST_TEXTS} are needed.",
            remedy="Give more texts of it, or leave it out.",
        )
    if (~truth).sum() < FEWEST_TEXTS:
        raise TrainingError(
            f"Almost every text has the label {name!r}.",
            remedy=f"Give {FEWEST_TEXTS} texts without it, or leave it out.",
        )


def _machine(matrix: sparse.csr_matrix, truth: Truths) -> tuple[Numbers, float]:
    machine = LinearSVC(C=STRENGTH, class_weight="balanced", random_state=0, tol=1e-3)
    machine.fit(matrix, truth)
    return machine.coef_[0], float(machine.intercept_[0])


def _unseen_margins(matrix: sparse.csr_matrix, truth: Truths) -> Numbers:
    margins = np.zeros(len(truth))
    for learn, judge in StratifiedKFold(n_splits=FOLDS).split(margins, truth):
        weights, bias = _machine(matrix[learn], truth[learn])
        margins[judge] = matrix[judge] @ weights + bias
    return margins


def _platt(margins: Numbers, truth: Truths) -> tuple[float, float]:
    regression = LogisticRegression(max_iter=1000).fit(margins[:, None], truth)
    return float(regression.coef_[0, 0]), float(regression.intercept_[0])


def _tilt(probabilities: Numbers, truth: Truths) -> float:
    """Return what to add to the score so that a label is given from the best bound on."""
    best = max(_BOUNDS, key=lambda bound: f1_score(truth, probabilities >= bound, zero_division=0))
    return float(-np.log(best / (1 - best)))
