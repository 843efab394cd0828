from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.text.opinion import Opinion
from services.scoring.training.comparing import by_label, compare, figures

LABELS = "abc"


said = st.none() | st.sampled_from([*LABELS, "stranger"])
rows = st.lists(st.tuples(st.sampled_from(LABELS), said, said), min_size=1, max_size=40)
few = settings(max_examples=40)


def opinions(labels: Sequence[str | None], probability: float = 0.9) -> list[Opinion]:
    return [Opinion(label, probability) for label in labels]


def columns(
    judged: Sequence[tuple[str, str | None, str | None]],
) -> tuple[list[str], list[Opinion], list[Opinion]]:
    truth, ours, theirs = zip(*judged, strict=True)
    return list(truth), opinions(ours), opinions(theirs)


@given(rows)
@few
def test_a_judge_is_never_better_than_itself(
    judged: list[tuple[str, str | None, str | None]],
) -> None:
    truth, ours, _ = columns(judged)

    found = compare(truth, ours, ours)

    assert (found.gain, found.low, found.high) == (0, 0, 0)
    assert not found.is_better


@given(rows)
@few
def test_of_two_judges_one_at_most_is_better(
    judged: list[tuple[str, str | None, str | None]],
) -> None:
    truth, ours, theirs = columns(judged)

    there, back = compare(truth, ours, theirs), compare(truth, theirs, ours)

    assert not (there.is_better and back.is_better)
    assert there.gain == pytest.approx(-back.gain)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(rows)
@few
def test_the_same_texts_give_the_same_interval(
    judged: list[tuple[str, str | None, str | None]],
) -> None:
    assert compare(*columns(judged)) == compare(*columns(judged))


@given(rows)
@few
def test_names_of_labels_change_nothing(
    judged: list[tuple[str, str | None, str | None]],
) -> None:
    names = {label: f"label {label}" for label in LABELS} | {"stranger": "stranger", None: None}
    renamed = [(names[a] or "", names[b], names[c]) for a, b, c in judged]

    assert compare(*columns(renamed)) == compare(*columns(judged))


@given(rows)
@few
def test_the_gain_is_the_difference_of_the_macro_f1s_that_are_told(
    judged: list[tuple[str, str | None, str | None]],
) -> None:
    truth, ours, theirs = columns(judged)

    found = compare(truth, ours, theirs)

    told = figures(truth, ours).macro_f1 - figures(truth, theirs).macro_f1
    assert found.gain == pytest.approx(told)


def test_a_judge_that_is_always_right_is_better_than_one_that_hardly_is() -> None:
    truth = list("aabbcc" * 20)
    wrong = opinions([label if n % 3 else "a" for n, label in enumerate(truth)])

    found = compare(truth, opinions(truth), wrong)

    assert found.is_better
    assert 0 < found.low < found.gain < found.high


def test_a_gain_on_a_handful_of_texts_may_be_chance() -> None:
    truth = list("ababababab")
    one_wrong = opinions(["b", *truth[1:]])

    found = compare(truth, opinions(truth), one_wrong)

    assert found.gain > 0
    assert not found.is_better


def test_a_rare_label_that_was_not_drawn_takes_nothing_from_who_is_always_right() -> None:
    truth = [*"a" * 30, "b"]

    found = compare(truth, opinions(truth), opinions([None] * 31))

    assert (found.gain, found.low, found.high) == (1, 1, 1)


def test_figures_are_those_that_can_be_worked_out_by_hand() -> None:
    truth = ["a", "a", "a", "b", "b"]
    said = [
        Opinion("a", 0.8), Opinion("a", 0.6), Opinion(None, 0.4), Opinion("a", 0.7),
        Opinion("b", 1.0),
    ]  # fmt: skip

    found = figures(truth, said)

    # a: 2 hits, said 3, true 3; b: 1 hit, said 1, true 2.
    assert found.macro_f1 == pytest.approx((2 * 2 / 6 + 2 * 1 / 3) / 2)
    assert found.accuracy == pytest.approx(3 / 4)
    assert found.coverage == pytest.approx(4 / 5)
    # 0.6 and 0.7 share no bin: |0.8-1| + |0.6-1| + |0.7-0| + |1-1|
    assert found.calibration_error == pytest.approx((0.2 + 0.4 + 0.7 + 0) / 4)


def test_silence_misses_the_label_but_accuses_no_other() -> None:
    a, b = by_label(["a", "a", "b"], opinions(["a", None, "b"]))

    assert (a.label, a.precision, a.recall) == ("a", 1.0, 0.5)
    assert (b.label, b.precision, b.recall) == ("b", 1.0, 1.0)


def test_a_label_that_the_texts_lack_is_a_miss() -> None:
    (a,) = by_label(["a", "a"], opinions(["a", "stranger"]))

    assert (a.precision, a.recall, a.texts) == (1.0, 0.5, 2)


def test_a_judge_that_is_always_silent_has_no_accuracy() -> None:
    found = figures(["a", "b"], opinions([None, None]))

    assert (found.macro_f1, found.coverage) == (0, 0)
    assert found.accuracy is None
    assert found.calibration_error is None
