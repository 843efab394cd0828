from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.phrases import (
    LONGEST_PHRASE,
    MOST_FOUND,
    Phrasebook,
    PhraseError,
    Phrases,
    pattern_of,
)
from services.scoring.domain.text.reading import LONGEST_READ, read
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT


def _found(phrases: Sequence[str], text: str) -> list[str]:
    listed = Phrases({phrase: phrase for phrase in phrases})
    return [found.phrase for found in listed.find(read(text))]


def test_a_word_is_found_as_a_whole_and_not_within_another() -> None:
    assert _found(["late"], "Late, too late, but the plate was related to chocolate") == [
        "late",
        "late",
    ]


def test_a_star_stands_for_any_end_of_a_word() -> None:
    assert _found(["delay*"], "delayed by a delay, not relayed") == ["delay*", "delay*"]


def test_a_star_may_stand_at_the_end_of_a_phrase() -> None:
    assert _found(["lost bag*", "lost"], "lost bags, lost") == ["lost bag*", "lost"]


def test_the_longest_phrase_wins_and_nothing_is_found_within_it() -> None:
    phrases = ["on hold", "hold", "on hold for hours", "hours"]
    assert _found(phrases, "on hold for hours, then on hold for days") == [
        "on hold for hours",
        "on hold",
    ]


def test_a_phrase_that_breaks_off_leaves_its_words_to_others() -> None:
    assert _found(["lost my bag", "my bag*", "lost"], "lost my bags") == ["lost", "my bag*"]


def test_a_whole_word_wins_over_what_it_begins_with() -> None:
    assert _found(["refund", "refund*"], "refund refunds") == ["refund", "refund*"]


def test_phrases_that_follow_one_another_are_all_found() -> None:
    said = "very very late lateness no answer no answer"
    assert _found(["very", "late*", "no answer"], said) == [
        "very", "very", "late*", "late*", "no answer", "no answer",
    ]  # fmt: skip


def test_scripts_without_spaces_are_read_sign_by_sign() -> None:
    assert _found(["退款", "不退款", "慢"], "他们不退款，退款很慢") == ["不退款", "退款", "慢"]
    assert _found(["ล่าช้า", "ไม่"], "เที่ยวบินล่าช้ามากไม่บอก") == ["ล่าช้า", "ไม่"]


def test_words_in_letters_are_found_beside_signs_without_spaces() -> None:
    assert _found(["app", "闪退"], "APP闪退了") == ["app", "闪退"]


def test_spellings_of_one_sign_are_one() -> None:
    assert _found(["can't", "ໝົດ", "café"], "CAN’T ຫມົດ cafe\u0301") == ["can't", "ໝົດ", "café"]


def test_a_place_tells_where_among_the_framed_words_a_phrase_stands() -> None:
    listed = Phrases({"not": 1, "good": 2, "好": 3})
    said = read("not so good 真好 not")
    places = [said.words[start:end] for start, end, _ in listed.place(said)]
    assert places == [" not ", " good ", "好", " not "]


@pytest.mark.parametrize(
    ("phrase", "detail"),
    [
        ("", "no word"),
        ("  ", "no word"),
        ("!?", "no word"),
        ("x", "single letter"),
        ("de*", "before the star"),
        ("APP闪退", "mixes scripts"),
        ("a" * (LONGEST_PHRASE + 1), "too long"),
        ("cancel* flight", "before its end"),
    ],
)
def test_a_phrase_that_could_not_be_found_is_told_and_passed_over(phrase: str, detail: str) -> None:
    with pytest.raises(PhraseError, match=detail) as refused:
        pattern_of(phrase)
    assert refused.value.phrase == phrase
    assert refused.value.remedy
    assert _found([phrase, "late"], f"{phrase} late, cancel flight, cancelled flight") == ["late"]


def test_no_more_phrases_count_than_anybody_says_in_earnest() -> None:
    assert len(_found(["no"], "no " * LONGEST_READ)) == MOST_FOUND


def test_the_phrases_of_a_language_are_put_together_when_it_is_first_met() -> None:
    asked: list[str | None] = []

    def listed(language: str | None) -> dict[str, int]:
        asked.append(language)
        return {"late": 1} if language == "en" else {}

    book = Phrasebook(listed)
    assert [len(book[language].find(read("late"))) for language in ("en", None, "en")] == [1, 0, 1]
    assert asked == ["en", None]


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert _found(["late"], "x " * LONGEST_READ + "late") == []


def test_no_phrase_goes_beyond_the_end_of_a_sentence() -> None:
    assert _found(["no", "no seat"], "He said no. Seat 12 was free!") == ["no"]
    assert _found(["不", "不好"], "不。好") == ["不"]


def test_a_phrase_may_hold_what_elsewhere_ends_a_sentence() -> None:
    assert _found(["a.m.", "St. Gallen"], "To St. Gallen at 7 A.M. on Monday") == [
        "St. Gallen",
        "a.m.",
    ]


def test_what_the_end_of_a_sentence_means_is_found_where_it_is_asked_for() -> None:
    listed = Phrases({"late": "late"}, end="end")
    assert [found.meaning for found in listed.find(read("Late! Too late."))] == [
        "late", "end", "late", "end",
    ]  # fmt: skip


def test_a_sign_alone_is_found_wherever_no_longer_phrase_is() -> None:
    assert _found(["慢", "慢慢来"], "很慢，慢慢来，慢慢") == ["慢", "慢慢来", "慢", "慢"]


@given(ANY_TEXT | LONG_TEXT)
def test_any_text_can_be_read(text: str) -> None:
    _found(["aaa*", "late", "不", "ไม่"], text)


@given(st.lists(st.sampled_from(["late", "delay*", "on hold", "no", "bag"]), unique=True), ANY_TEXT)
def test_what_is_found_was_listed(phrases: list[str], text: str) -> None:
    assert set(_found(phrases, f"{text} late delays on hold")) <= set(phrases)
