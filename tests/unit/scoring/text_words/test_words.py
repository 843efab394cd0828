from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.opinion import MOST_WORDS, Opinion
from services.scoring.domain.text.words import WordsJudge
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

THEMES = {
    "delay": {"en": ["late", "delay*", "hours late"], "es": ["tarde"], "th": ["ล่าช้า"]},
    "refund": {"en": ["refund*", "money back", "late"], "zh": ["退款"], "*": ["visa"]},
    "staff": {"en": ["rude", "crew"]},
}
JUDGE: Judge = WordsJudge(THEMES)


def _label(text: str, language: str | None = "en") -> str | None:
    return JUDGE.judge(text, language).label


def test_the_theme_whose_words_stand_in_the_text_is_named() -> None:
    assert _label("We were delayed") == "delay"
    assert _label("ขอโทษ เที่ยวบินล่าช้า", "th") == "delay"
    assert _label("退款太慢", "zh") == "refund"


def test_a_word_of_two_themes_weighs_less_than_a_word_of_one() -> None:
    assert _label("late and rude") == "staff"


def test_a_phrase_weighs_more_than_a_word() -> None:
    assert _label("rude, and no money back") == "refund"


def test_repeating_a_word_adds_ever_less() -> None:
    assert _label("rude rude rude rude. crew, delays, delayed, hours late") == "delay"


def test_without_a_known_word_the_judge_abstains() -> None:
    assert JUDGE.judge("Everything was fine", "en") == Opinion(None, 0.0, ())
    assert _label("") is None


def test_when_two_themes_lead_the_judge_abstains() -> None:
    judge = WordsJudge({"one": {"en": ["apple"]}, "two": {"en": ["grape"]}})
    opinion = judge.judge("apple or grape", "en", explain=True)
    assert opinion.label is None
    assert opinion.words == ()


def test_only_the_words_of_the_texts_language_count() -> None:
    assert _label("tarde", "es") == "delay"
    assert _label("tarde", "en") is None
    assert _label("tarde", "fr") is None


def test_without_a_language_the_words_of_all_count() -> None:
    assert _label("tarde", None) == "delay"


def test_words_for_any_language_count_in_every_language() -> None:
    assert [_label("visa", language) for language in ("en", "fr", None)] == ["refund"] * 3


def test_a_regional_tag_takes_the_words_of_its_language() -> None:
    assert _label("rude", "en-GB") == "staff"


def test_the_words_that_weighed_most_are_named_when_asked_for() -> None:
    opinion = JUDGE.judge("hours late, a delay", "en", explain=True)
    assert [weight.words for weight in opinion.words] == ["hours late", "delay*"]
    assert opinion.words[0].weight > opinion.words[1].weight > 0
    assert JUDGE.judge("hours late", "en").words == ()


def test_a_larger_lead_is_more_probable() -> None:
    little, much = JUDGE.judge("late", "en"), JUDGE.judge("hours late delayed", "en")
    assert 0 < little.probability < much.probability < 1


def test_a_word_that_could_not_be_found_is_passed_over() -> None:
    assert WordsJudge({"delay": {"en": ["…", "late"]}}).judge("… late", "en").label == "delay"


def test_a_taxonomy_without_words_abstains() -> None:
    assert WordsJudge({}).judge("late", "en").label is None
    assert WordsJudge({"delay": {}}).judge("late", None).label is None


@given(ANY_TEXT | LONG_TEXT, st.sampled_from(["en", "zh", "th", "xx", "", None]), st.booleans())
def test_any_text_has_an_opinion(text: str, language: str | None, explain: bool) -> None:
    opinion = JUDGE.judge(text, language, explain=explain)
    assert 0 <= opinion.probability <= 1
    assert len(opinion.words) <= MOST_WORDS
    assert opinion.label in {*THEMES, None}
    assert opinion == JUDGE.judge(text, language, explain=explain)
