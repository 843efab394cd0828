from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.calibration import (
    calibration_error,
    sigmoids,
    softmax,
    threshold_keeping,
)

SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9)


@given(SCORES)
def test_one_of_the_labels_holds(scores: list[float]) -> None:
    assert sum(softmax(scores)) == pytest.approx(1)


@given(SCORES)
def test_probabilities_keep_the_order_of_the_scores(scores: list[float]) -> None:
    for probable in (softmax, sigmoids):
        probabilities = probable(scores)
        assert probabilities[scores.index(max(scores))] == max(probabilities)
        assert all(0 <= one <= 1 for one in probabilities)


def test_probabilities_that_come_true_have_no_error() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0


def test_the_error_is_the_distance_from_what_came_true() -> None:
    assert calibration_error([0.9, 0.9, 0.1, 0.1], [False] * 4) == pytest.approx(0.5)
    assert calibration_error([1.0, 0.0], [False, True]) == 1
    assert calibration_error([], []) == 0


def test_a_threshold_keeps_the_share_that_was_asked_for() -> None:
    probabilities = [0.1, 0.9, 0.5, 0.7, 0.3]
    assert threshold_keeping(probabilities, 0.6) == 0.5
    assert threshold_keeping(probabilities, 1.0) == 0.1
    assert threshold_keeping(probabilities, 0.0) == 1.0
