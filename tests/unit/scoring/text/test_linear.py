from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text import linear
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.linear import judges_of
from tests.unit.scoring.text.models import hand_made, judge_of

ANYTHING = st.text(st.characters(exclude_categories=()))


def test_the_score_is_the_sum_of_the_weights_over_the_length_of_the_features() -> None:
    judge = judge_of(hand_made())
    # "not good" has two features that are known: (0 + 4, 2 + 0) / √2.
    expected = 1 / (1 + math.exp((2 - 4) / math.sqrt(2)))
    assert judge.judge("not good", None).probability == pytest.approx(expected)


def test_the_probable_label_is_given() -> None:
    judge: Judge = judge_of(hand_made())
    assert judge.judge("good", "en").label == "positive"
    assert judge.judge("not good", "en").label == "negative"


def test_a_judge_that_is_unsure_abstains_and_says_how_unsure() -> None:
    opinion = judge_of(hand_made(threshold=0.9)).judge("good", "en")
    assert opinion.label is None
    assert opinion.probability == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_judge_abstains_in_a_language_that_its_model_does_not_know() -> None:
    judge = judge_of(hand_made(languages=("th",)))
    assert judge.judge("bad", "en").label is None
    assert judge.judge("bad", "th").label == "negative"
    assert judge.judge("bad", None).label == "negative"


def test_a_tilt_lets_a_rare_label_win_without_changing_its_probability() -> None:
    plain, tilted = judge_of(hand_made()), judge_of(hand_made(tilt=(3.0, 0.0)))
    assert plain.judge("good", None).label == "positive"
    opinion = tilted.judge("good", None)
    assert opinion.label == "negative"
    assert opinion.probability == pytest.approx(plain.probabilities("good")[0])


def test_a_text_can_have_several_labels_or_none() -> None:
    judge = judge_of(hand_made(several=True))
    assert judge.labels("bad good") == ("negative", "positive")
    assert judge.labels("bad") == ("negative",)
    assert judge.labels("?") == ()


def test_the_words_that_spoke_for_the_label_are_named_and_no_others() -> None:
    opinion = judge_of(hand_made()).judge("it was bad, not good", None, explain=True)
    assert [weight.words for weight in opinion.words] == ["not good", "bad"]
    assert opinion.words[0].weight == pytest.approx(2 / math.sqrt(3), abs=1e-3)
    assert judge_of(hand_made()).judge("it was bad", None).words == ()


def test_in_a_script_without_spaces_the_passage_that_spoke_is_named() -> None:
    opinion = judge_of(hand_made()).judge("วันนี้แย่จริง", "th", explain=True)
    assert [weight.words for weight in opinion.words] == ["แย่"]


def test_models_that_look_together_say_what_each_says_alone() -> None:
    models = [hand_made(), hand_made(several=True), hand_made(tilt=(1.0, 0.0))]
    for text in ("good", "not good", "แย่มาก bad", ""):
        together = [judge.probabilities(text) for judge in judges_of(models)]
        assert together == [judge_of(model).probabilities(text) for model in models]


@given(ANYTHING)
def test_any_text_has_an_opinion(text: str) -> None:
    opinion = judge_of(hand_made()).judge(text, None, explain=True)
    assert 0 <= opinion.probability <= 1
    assert all(weight.weight > 0 for weight in opinion.words)


def test_a_judge_that_forgets_units_judges_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"bad {number} good x{number}" for number in range(20)]
    expected = [judge_of(hand_made()).probabilities(text) for text in texts]
    monkeypatch.setattr(linear, "_REMEMBERED", 3)
    judge = judge_of(hand_made())
    assert [judge.probabilities(text) for text in texts] == expected


def test_an_explanation_looks_at_a_bounded_part_of_what_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []

    def pieces_of(unit: str) -> list[str]:
        looked_at.append(unit)
        return [f"={unit}"]

    judge = judge_of(hand_made())
    emoji = "".join(map(chr, range(0x1F300, 0x1F300 + 1000)))
    judge.judge(emoji, None)
    monkeypatch.setattr(linear, "pieces_of", pieces_of)
    judge.judge(emoji, None, explain=True)
    assert len(looked_at) <= 400
    looked_at.clear()
    judge.judge("ไ" * 1000, None, explain=True)
    assert 400 in map(len, looked_at)
