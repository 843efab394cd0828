from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.data import sentiment_words
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.lexicon import LexiconJudge
from services.scoring.domain.text.opinion import MOST_WORDS, Opinion
from services.scoring.domain.text.phrases import pattern_of
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

LANGUAGES = ("en", "es", "zh", "th", "lo", "kk", "hmn", "ru")


@cache
def _judge() -> Judge:
    return LexiconJudge(sentiment_words())


def _label(text: str, language: str | None = "en") -> str | None:
    return _judge().judge(text, language).label


def _negative(text: str) -> float:
    """Return how sure the judge is that `text` is negative."""
    opinion = _judge().judge(text, "en")
    return opinion.probability if opinion.label == "negative" else 1 - opinion.probability


@pytest.mark.parametrize(
    ("language", "unhappy", "happy"),
    [
        (
            "en",
            "I was on hold for an hour and nobody helped.",
            "The crew was wonderful, thank you!",
        ),
        ("es", "El personal fue grosero y nadie responde.", "Muy amable la atención, gracias."),
        ("zh", "服务态度很差，等了两个小时。", "服务很好，非常满意。"),
        ("th", "บริการแย่มาก รอนาน", "บริการดีเยี่ยม ขอบคุณค่ะ"),
        ("lo", "ບໍລິການບໍ່ດີ ລໍຖ້າດົນ", "ບໍລິການດີຫຼາຍ ຂອບໃຈ"),
        ("kk", "Қызмет өте нашар, ұзақ күттім.", "Қызмет өте жақсы, рахмет!"),
        ("hmn", "Kev pab tsis zoo, kuv tos ntev heev.", "Zoo heev, ua tsaug ntau."),
        ("ru", "Ужасный сервис, никто не отвечает.", "Отличный сервис, спасибо!"),
    ],
)
def test_praise_and_complaint_are_told_apart(language: str, unhappy: str, happy: str) -> None:
    for known in (language, None):
        assert _label(unhappy, known) == "negative"
        assert _label(happy, known) == "positive"


def test_what_went_wrong_is_a_complaint_without_any_word_of_feeling() -> None:
    for text in (
        "Still waiting.",
        "You lost my suitcase.",
        "Cancelled again",
        "They hung up on me",
    ):
        assert _label(text) == "negative", text


def test_a_plain_question_is_neutral() -> None:
    assert _label("Can I bring a pet on board?") == "neutral"


def test_a_negated_good_word_is_a_complaint() -> None:
    assert _label("The room was clean.") == "positive"
    assert _label("The room was not very clean.") == "negative"


def test_a_negation_ends_with_its_sentence() -> None:
    assert _label("No. Wonderful room!") == "positive"


def test_a_strong_word_makes_it_surer() -> None:
    assert _negative("very dirty") > _negative("dirty")


def test_exclamations_make_it_surer_up_to_a_point() -> None:
    assert _negative("dirty!") > _negative("dirty")
    assert _negative("dirty!!!") == _negative("dirty" + "!" * 99)


def test_what_follows_but_weighs_more() -> None:
    assert _label("Wonderful staff, but a dirty room") == "negative"
    assert _label("Horrible room, but friendly staff") == "positive"


def test_emoji_speak_in_every_language() -> None:
    assert _label("😡", "fr") == "negative"
    assert _label("😍", None) == "positive"


def test_where_nothing_is_known_the_judge_abstains() -> None:
    assert _judge().judge("Zxcv qwert", "en") == Opinion(None, 0.0, ())
    assert _label("terrible", "fr") is None
    assert _label("") is None


def test_the_words_that_weighed_most_are_named_when_asked_for() -> None:
    opinion = _judge().judge("Terrible food, dirty room, thank you", "en", explain=True)
    assert opinion.label == "negative"
    assert [weight.words for weight in opinion.words] == ["terrible", "dirty"]


def test_every_shipped_language_has_praise_complaint_and_negation() -> None:
    words = sentiment_words()
    assert set(words) == {*LANGUAGES, "any"}
    for language in LANGUAGES:
        assert {"negative", "positive", "neutral", "not", "very", "but"} <= set(words[language])


def test_every_shipped_word_can_be_found() -> None:
    for language in LANGUAGES:
        for part in sentiment_words()[language].values():
            for words in part.values() if isinstance(part, Mapping) else [part]:
                assert all(map(pattern_of, words)), language


def test_a_negation_reaches_over_a_few_words_and_signs() -> None:
    assert _label("Not a really very clean room") == "negative"
    assert _label("Not that I minded it at all, clean room") == "positive"
    assert _label("不满意", "zh") == "negative"


def test_no_shipped_word_both_praises_and_complains() -> None:
    for language, listed in sentiment_words().items():
        praise, complaint = (
            {word for words in listed[label].values() for word in words}
            for label in ("positive", "negative")
        )
        assert praise & complaint == set(), language


@given(ANY_TEXT | LONG_TEXT, st.sampled_from([*LANGUAGES, "xx", "", None]), st.booleans())
def test_any_text_has_an_opinion(text: str, language: str | None, explain: bool) -> None:
    opinion = _judge().judge(text, language, explain=explain)
    assert opinion.label in {"negative", "neutral", "positive", None}
    assert 0 <= opinion.probability <= 1
    assert len(opinion.words) <= MOST_WORDS
