"""What each airline's customers complain of: shares from texts alone, beside the labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.text.linear import LinearJudge, Origin
from services.scoring.training.fit import fit
from tests.evaluate.corpora import Complaint, airline_complaints
from tests.evaluate.findings import Finding, Section
from tests.evaluate.judging import judge_of

MOST_ERROR = 0.02
FOLDS = 5
EARLIER = 0.8

Shares = NDArray[np.float64]


def reasons_by_airline() -> Section:
    """Shares of reasons: the sum of calibrated probabilities, as suggested causes are counted."""
    every = airline_complaints()
    names = sorted({one.reason for one in every})
    cut = int(len(every) * EARLIER)
    month = _compared(every, _judged_by_others(every, names), names)
    later = _compared(every[cut:], _judged(every[:cut], every[cut:], names), names)
    tops = sum(right for _, right in month)
    note = (
        f"{len(every):,} complaints of February 2015, six airlines, {len(names)} reasons. The "
        "share of a reason is the mean of its calibrated probability over the airline's texts, "
        "which is how suggested causes are counted. Each text is judged by a model that learnt "
        f"from the other {FOLDS - 1} of {FOLDS} parts. The last row learns from the first "
        f"{EARLIER:.0%} of the month and judges the rest, where two airlines have 19 and 53 "
        "complaints: their labels' own shares are uncertain by more than the bound."
    )
    return Section(
        "Airline tweets: what each airline's customers complain of",
        note,
        [
            Finding("mean error of a reason's share in the month", _mean(month), most=MOST_ERROR),
            Finding("airlines whose most frequent reason is right, of 6", tops, least=6),
            Finding("mean error of a reason's share, later texts by earlier ones", _mean(later)),
        ],
    )


def _judged_by_others(every: Sequence[Complaint], names: Sequence[str]) -> Shares:
    said = np.zeros((len(every), len(names)))
    for fold in range(FOLDS):
        others = [one for place, one in enumerate(every) if place % FOLDS != fold]
        said[fold::FOLDS] = _judged(others, every[fold::FOLDS], names)
    return said


def _judged(
    learn: Sequence[Complaint], judged: Iterable[Complaint], names: Sequence[str]
) -> Shares:
    model = fit(
        [one.text for one in learn], [one.reason for one in learn], origin=Origin(name="reasons")
    )
    return np.array([_probabilities(judge_of(model), one.text, names) for one in judged])


def _probabilities(judge: LinearJudge, text: str, names: Sequence[str]) -> Sequence[float]:
    found = dict(zip(judge.model.labels, judge.probabilities(text), strict=True))
    return [found[name] for name in names]


def _compared(
    judged: Sequence[Complaint], said: Shares, names: Sequence[str]
) -> list[tuple[float, bool]]:
    """Return for each airline the mean error of a share, and whether the top reason is right."""
    rows = []
    for airline in sorted({one.airline for one in judged}):
        theirs = [place for place, one in enumerate(judged) if one.airline == airline]
        truth = np.array(
            [np.mean([judged[place].reason == name for place in theirs]) for name in names]
        )
        shares = said[theirs].mean(axis=0)
        rows.append((float(np.abs(shares - truth).mean()), truth.argmax() == shares.argmax()))
    return rows


def _mean(rows: Sequence[tuple[float, bool]]) -> float:
    return float(np.mean([error for error, _ in rows]))
