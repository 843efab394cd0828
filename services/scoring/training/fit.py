"""Fits a model to labelled texts: the same texts and labels in the same order, the same model.

A support vector machine for each label (squared hinge, classes balanced), whose margins on texts
that it did not learn from are calibrated into probabilities. How strongly to regularize is tried
forward in time: learn from what came first, judge what came later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit
from sklearn.svm import LinearSVC

from services.scoring.domain.text.calibration import threshold_keeping
from services.scoring.domain.text.linear import Model, Origin
from services.scoring.training.calibrating import calibrate
from services.scoring.training.counts import DIGITS, count, rounded, table_of
from shared.errors import ClosedLoopError

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Texts that a label needs, so that each fold has some.
FEWEST_TEXTS = 10
FEWEST_LABELS = 2
#: The inverse strengths of regularization that are tried, strongest first.
STRENGTHS = (0.05, 0.1, 0.2, 0.4)
#: How far the choice leans towards rare labels, in powers of their rarity.
TILTS = (0.0, 0.25, 0.5, 0.75, 1.0)
FOLDS = 5
#: The share of texts that a model should have an opinion on.
KEPT = 0.8
#: Whoever is as sure as this speaks, though it be surer of most other texts.
SURE = 0.95


class TrainingError(ClosedLoopError):
    """There is too little to learn from."""


def fit(texts: Sequence[str], labels: Sequence[str], *, origin: Origin) -> Model:
    """Return a model that gives a text one of the labels that occur in `labels`.

    `texts` and `labels` are of the same length, and in the order in which they came in.
    Raises TrainingError for fewer than two labels, or fewer than ten texts of one.
    """
    names = _names(labels)
    target = np.array([names.index(label) for label in labels])
    counted = count(texts)
    strength = _strength(counted.matrix, target)
    margins = _unseen_margins(counted.matrix, target, strength)
    prior = np.bincount(target) / len(target)
    slope, shift = calibrate(margins, target, prior)
    scores = slope * margins + shift
    tilt = _tilt(scores, target, prior)
    chosen = (scores + tilt).argmax(axis=1)
    sure = softmax(scores, axis=1)[np.arange(len(chosen)), chosen]
    weights, bias = _machines(counted.matrix, target, strength)
    return Model(
        origin=origin,
        labels=names,
        vocabulary=counted.vocabulary,
        weights=table_of(counted, slope * weights),
        bias=rounded(slope * bias + shift),
        prior=rounded(prior),
        tilt=rounded(tilt),
        threshold=round(min(threshold_keeping(sure.tolist(), KEPT), SURE), DIGITS),
    )


def _names(labels: Sequence[str]) -> tuple[str, ...]:
    texts_with = Counter(labels)
    if len(texts_with) < FEWEST_LABELS:
        raise TrainingError(
            "All texts have the same label.", remedy="Give texts of at least two labels."
        )
    rarest = min(texts_with, key=lambda label: (texts_with[label], label))
    if texts_with[rarest] < FEWEST_TEXTS:
        raise TrainingError(
            f"The label {rarest!r} has {texts_with[rarest]} texts; {FEWEST_TEXTS} are needed.",
            remedy="Give more texts of it, or join it with another label.",
        )
    return tuple(sorted(texts_with))


def _machines(
    matrix: sparse.csr_matrix, target: Indices, strength: float
) -> tuple[Numbers, Numbers]:
    """Return the weights (a row a label) and biases of a machine for each label."""
    machine = LinearSVC(C=strength, class_weight="balanced", random_state=0, tol=1e-3)
    machine.fit(matrix, target)
    weights, bias = machine.coef_, machine.intercept_
    if len(bias) == 1:  # of two labels, scikit-learn keeps the second's machine only
        return np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    return weights, bias


def _margins(
    matrix: sparse.csr_matrix, target: Indices, strength: float, learn: Indices, judge: Indices
) -> Numbers:
    """Return the margins on the texts `judge` of machines that learnt from the texts `learn`.

    A label that `learn` lacks has the margin -1.
    """
    present = np.unique(target[learn])
    margins = np.full((len(judge), int(target.max()) + 1), -1.0)
    if len(present) >= FEWEST_LABELS:
        weights, bias = _machines(matrix[learn], target[learn], strength)
        margins[:, present] = matrix[judge] @ weights.T + bias
    return margins


def _strength(matrix: sparse.csr_matrix, target: Indices) -> float:
    """Return the inverse regularization that judges later texts best, by macro-F1."""
    forward = list(TimeSeriesSplit(n_splits=FOLDS).split(target))[-2:]

    def quality(strength: float) -> float:
        return sum(
            _macro_f1(
                target[later], _margins(matrix, target, strength, first, later).argmax(axis=1)
            )
            for first, later in forward
        )

    return max(STRENGTHS, key=quality)


def _unseen_margins(matrix: sparse.csr_matrix, target: Indices, strength: float) -> Numbers:
    margins = np.zeros((len(target), int(target.max()) + 1))
    for learn, judge in _folds(target):
        margins[judge] = _margins(matrix, target, strength, learn, judge)
    return margins


def _folds(target: Indices) -> list[tuple[Indices, Indices]]:
    """Return what to learn from and what to judge: stretches of time, when each label is learnt.

    Texts that are sorted by their label are dealt out label by label instead.
    """
    stretches = list(KFold(n_splits=FOLDS).split(target))
    names = len(np.unique(target))
    if all(len(np.unique(target[learn])) == names for learn, _ in stretches):
        return stretches
    return list(StratifiedKFold(n_splits=FOLDS).split(target, target))


def _tilt(scores: Numbers, target: Indices, prior: Numbers) -> Numbers:
    """Return what to add to the scores so that rare labels are found, by macro-F1."""
    rarity = -np.log(prior)
    best = max(TILTS, key=lambda power: _macro_f1(target, (scores + power * rarity).argmax(axis=1)))
    return np.asarray(best * rarity)


def _macro_f1(target: Indices, chosen: Indices) -> float:
    return float(f1_score(target, chosen, average="macro", zero_division=0))
