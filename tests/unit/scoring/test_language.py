from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.language import language_of
from tests.unit.scoring.sentences import SENTENCES, UNCLEAR

EACH = [(language, text) for language, texts in SENTENCES.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), EACH)
def test_a_plain_sentence_is_recognized(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_too_short_or_mixed_or_no_language_stays_open(text: str) -> None:
    assert language_of(text) is None


def test_no_text_has_no_language() -> None:
    assert language_of(None) is None


@pytest.mark.parametrize("language", ["en", "es", "zh", "th", "lo", "kk", "hmn"])
def test_addresses_and_numbers_do_not_hide_the_language(language: str) -> None:
    for text in SENTENCES[language][:6]:
        noisy = f"{text} https://example.com/orders/refund-status somebody@example.com 12345"
        assert language_of(noisy) == language


@pytest.mark.parametrize("sign", ["\x01", "\x7f", "\x85", "\ufffe", "\U0010ffff", "\ud800", "😀"])
def test_signs_that_are_no_text_do_not_hide_the_language(sign: str) -> None:
    assert language_of(f"The service{sign} was very slow {sign} today.") == "en"


def test_a_long_text_is_told_by_its_beginning() -> None:
    assert language_of("The service was very slow today. " * 1000) == "en"


@given(st.text(max_size=200))
def test_any_text_has_a_language_tag_or_none(text: str) -> None:
    language = language_of(text)
    assert language is None or (language.isascii() and 2 <= len(language) <= 8)
