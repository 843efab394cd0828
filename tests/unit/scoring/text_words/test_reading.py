from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text import reading
from services.scoring.domain.text.reading import LONGEST_READ, read
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

ASCII = st.text(st.characters(codec="ascii"), max_size=80)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't WAIT!", ["don't", "wait", "."]),
        ("don’t 'quote' rock'n'roll a''b", ["don't", "quote", "rock'n'roll", "a", "b"]),
        ("很慢", ["很慢"]),
        ("APP闪退。", ["app", "闪退", "."]),
        ("Wait... what?!", ["wait", ".", "what", "."]),
        ("Қызмет нашар", ["қызмет", "нашар"]),
        ("call ‹phone› now", ["call", "now"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
    ],
)
def test_text_is_cut_into_words_and_signs(text: str, words: list[str]) -> None:
    assert _words(text) == words


def test_the_parts_of_a_web_address_are_no_words_and_it_is_counted() -> None:
    said = read("See https://example.com/late-flight and http://example.org now")
    assert (said.words, said.links) == (" see  and  now ", 2)


def test_a_text_is_read_once_for_all_who_ask() -> None:
    assert read("The same text") is read("The same text")


def test_no_more_is_read_than_people_say_before_they_complain() -> None:
    for text in ("不", "a. ", "ﷺ"):
        assert 0 < len(read(text * 10_000).text) <= LONGEST_READ


@given(ANY_TEXT | LONG_TEXT)
def test_any_text_can_be_read_and_each_word_stands_between_spaces_of_its_own(text: str) -> None:
    said = read(text)
    assert len(said.text) <= LONGEST_READ
    words = said.words[1:-1].split("  ")
    assert words == [""] or all(word and word == word.strip() for word in words)


@given(ASCII)
def test_ascii_is_cut_as_any_other_text_is(text: str) -> None:
    """What stands after a sign that is not ASCII goes another way through the code."""
    assert _words(text) == _words(f"{text} é")[:-1]


def _words(text: str) -> list[str]:
    """Return the words of `text`, with the ends of sentences that follow one another made one."""
    words = read(text).words.split()
    return [
        word
        for place, word in enumerate(words)
        if not (place and word == words[place - 1] == reading.END)
    ]
