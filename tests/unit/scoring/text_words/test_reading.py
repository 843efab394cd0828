from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text import reading
from services.scoring.domain.text.reading import LONGEST_READ, MOST_WORDS, START, read
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

ASCII = st.text(st.characters(codec="ascii"), max_size=80)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't WAIT!", ["don't", "wait", "."]),
        ("don’t 'quote' rock'n'roll a''b", ["don't", "quote", "rock'n'roll", "a", "b"]),
        ("很慢", ["很慢", "慢 "]),
        ("APP闪退。", ["app", "闪退", "退 ", "."]),
        ("Wait... what?!", ["wait", ".", "what", "."]),
        ("Қызмет нашар", ["қызмет", "нашар"]),
        ("call ‹phone› now", ["call", "now"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
    ],
)
def test_text_is_cut_into_words_and_signs(text: str, words: list[str]) -> None:
    assert _merged(read(text).words) == words


def test_the_parts_of_a_web_address_are_no_words_and_it_is_counted() -> None:
    said = read("See https://example.com/late-flight and http://example.org now")
    assert (said.words, said.links) == (["see", "and", "now"], 2)


def test_a_text_is_read_once_for_all_who_ask() -> None:
    assert read("The same text") is read("The same text")


def test_no_more_is_read_than_people_say_before_they_complain() -> None:
    assert len(read("不" * 10_000).words) == MOST_WORDS
    assert len(read("a. " * 10_000).words) == MOST_WORDS
    assert len(read("ﷺ" * 10_000).text) <= LONGEST_READ


@given(ANY_TEXT | LONG_TEXT)
def test_any_text_can_be_read_and_each_word_begins_as_it_says(text: str) -> None:
    said = read(text)
    assert len(said.text) <= LONGEST_READ
    assert len(said.words) == len(said.starts) <= MOST_WORDS
    for word, start in zip(said.words, said.starts, strict=True):
        assert word.startswith(start)
        assert len(start) <= START


@given(ASCII)
def test_ascii_is_cut_as_any_other_text_is(text: str) -> None:
    """What stands after a sign that is not ASCII goes another way through the code."""
    plain, other = read(text), read(f"{text} é")
    assert _merged(plain.words) == _merged(other.words[:-1])


def _merged(words: list[str]) -> list[str]:
    """Return `words` with the ends of sentences that follow one another made one."""
    return [
        word
        for place, word in enumerate(words)
        if not (place and word == words[place - 1] == reading.END)
    ]
