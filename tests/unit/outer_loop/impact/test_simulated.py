"""A few simulated changes, every run; `python -m tests.evaluate.impact` judges by many."""

from __future__ import annotations

import numpy as np
import pytest

from services.outer_loop.domain.impact.assess import assess
from services.outer_loop.domain.impact.design import Metric
from services.outer_loop.domain.impact.verdict import Outcome
from tests.evaluate.changes import Misleads, Size, simulate, simulated


def test_most_intervals_hold_the_truth() -> None:
    held = []
    for change in simulated(36, Size.SMALL, seed=5):
        found = assess(change.design, change.heard).estimate
        assert found is not None
        held.append(found.effect.low <= change.truth <= found.effect.high)
    assert sum(held) >= 31


@pytest.mark.parametrize("compared", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_season_is_no_success(seed: int, compared: bool) -> None:
    rng = np.random.default_rng(seed)
    change = simulate(
        Metric.DETRACTOR_SHARE, Misleads.SEASON, Size.NONE, compared=compared, rng=rng
    )
    outcome = assess(change.design, change.heard).judgement.outcome
    assert outcome is not Outcome.EFFECTIVE
