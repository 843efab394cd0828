from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.phrases import (
    LONGEST_PHRASE,
    MOST_PHRASES,
    PhraseError,
    Phrases,
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


def test_a_star_may_stand_inside_a_phrase() -> None:
    assert _found(["cancel* flight"], "a cancelled flight") == ["cancel* flight"]


def test_the_longest_phrase_wins_and_nothing_is_found_within_it() -> None:
    phrases = ["on hold", "hold", "on hold for hours", "hours"]
    assert _found(phrases, "on hold for hours, then on hold for days") == [
        "on hold for hours",
        "on hold",
    ]


def test_a_phrase_that_breaks_off_leaves_its_words_to_others() -> None:
    assert _found(["lost my bag", "my bag*", "lost"], "lost my bags") == ["lost", "my bag*"]


def test_a_stem_that_leads_further_wins_over_a_whole_word() -> None:
    assert _found(["refund", "refund* now"], "refund now") == ["refund* now"]


def test_scripts_without_spaces_are_read_sign_by_sign() -> None:
    assert _found(["退款", "不退款", "慢"], "他们不退款，退款很慢") == ["不退款", "退款", "慢"]
    assert _found(["ล่าช้า", "ไม่"], "เที่ยวบินล่าช้ามากไม่บอก") == ["ล่าช้า", "ไม่"]


def test_words_in_letters_are_found_beside_signs_without_spaces() -> None:
    assert _found(["app", "闪退"], "APP闪退了") == ["app", "闪退"]


def test_spellings_of_one_sign_are_one() -> None:
    assert _found(["can't", "ໝົດ", "café"], "CAN’T ຫມົດ cafe\u0301") == ["can't", "ໝົດ", "café"]


def test_places_count_words_and_signs() -> None:
    listed = Phrases({"not": 1, "good": 2, "好": 3})
    places = listed.place(read("not so good 真好 not"))
    assert [(place.start, place.end) for place in places] == [(0, 1), (2, 3), (4, 5), (5, 6)]


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
    ],
)
def test_a_phrase_that_could_not_be_found_is_refused_when_it_is_listed(
    phrase: str, detail: str
) -> None:
    with pytest.raises(PhraseError, match=detail) as refused:
        Phrases({phrase: None})
    assert refused.value.phrase == phrase
    assert refused.value.remedy


def test_too_many_phrases_are_refused() -> None:
    with pytest.raises(PhraseError, match="the most"):
        Phrases({f"word{number}": None for number in range(MOST_PHRASES + 1)})


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


def test_a_stem_inside_a_phrase_is_found_in_any_word_that_begins_so() -> None:
    phrases = ["lost* bag*", "lost"]
    assert _found(phrases, "losting bags, lost lostbag bag") == ["lost* bag*", "lost", "lost* bag*"]


def test_a_sign_alone_is_found_wherever_no_longer_phrase_is() -> None:
    assert _found(["慢", "慢慢来"], "很慢，慢慢来，慢慢") == ["慢", "慢慢来", "慢", "慢"]


@given(ANY_TEXT | LONG_TEXT)
def test_any_text_can_be_read(text: str) -> None:
    _found(["aaa*", "late", "不", "ไม่"], text)


@given(st.lists(st.sampled_from(["late", "delay*", "on hold", "no", "bag"]), unique=True), ANY_TEXT)
def test_what_is_found_was_listed(phrases: list[str], text: str) -> None:
    assert set(_found(phrases, f"{text} late delays on hold")) <= set(phrases)
