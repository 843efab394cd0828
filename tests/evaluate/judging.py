"""Measures of one trained judge on texts that it did not learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sklearn.metrics import f1_score

from services.scoring.domain.text.calibration import calibration_error, threshold_keeping
from services.scoring.domain.text.linear import LinearJudge, Model, judges_of
from tests.evaluate.corpora import Labelled
from tests.evaluate.findings import Finding

KEPT = 0.8
GAIN = 0.06
MOST_ERROR = 0.05
MOST_SHARE_ERROR = 0.02


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Return the mean of the F1 of the labels that occur in `truth`."""
    names = sorted(set(truth))
    return float(f1_score(truth, said, labels=names, average="macro", zero_division=0))


def macro_f1_of_several(truth: Sequence[Collection[str]], said: Sequence[Collection[str]]) -> float:
    """Return the mean of the F1 of the labels, of which a text may have several."""
    names = sorted({label for each in truth for label in each})
    of_each = [
        f1_score([name in each for each in truth], [name in each for each in said], zero_division=0)
        for name in names
    ]
    return float(sum(of_each) / len(of_each))


def judge_of(model: Model) -> LinearJudge:
    """Return a judge that goes by `model` alone."""
    (judge,) = judges_of([model])
    return judge


def trust(judge: LinearJudge, judged: Labelled) -> list[Finding]:
    """Return whether the judge's probabilities, abstentions and shares can be trusted."""
    said = [judge.choice(text) for text in judged.texts]
    sure = [
        judge.probabilities(text)[judge.model.labels.index(label)]
        for text, label in zip(judged.texts, said, strict=True)
    ]
    right = [one == truth for one, truth in zip(said, judged.labels, strict=True)]
    least = threshold_keeping(sure, KEPT)
    kept = [is_right for is_right, one in zip(right, sure, strict=True) if one >= least]
    gain = sum(kept) / len(kept) - sum(right) / len(right)
    own = sum(one >= judge.model.threshold for one in sure) / len(sure)
    return [
        Finding("accuracy", sum(right) / len(right)),
        Finding("expected calibration error", calibration_error(sure, right), most=MOST_ERROR),
        Finding("accuracy gained by keeping the surest 80 %", gain, least=GAIN),
        Finding("share kept at the model's own threshold", own),
        Finding(
            "largest error of a label's share",
            share_error(said, judged.labels),
            most=MOST_SHARE_ERROR,
        ),
    ]


def share_error(said: Sequence[str], truth: Sequence[str]) -> float:
    """Return the largest difference between the share of a label in `said` and in `truth`."""
    counted, real = Counter(said), Counter(truth)
    return max(abs(counted[label] - real[label]) for label in real) / len(truth)
