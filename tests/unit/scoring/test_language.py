from __future__ import annotations

from itertools import combinations, product

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


@pytest.mark.parametrize(
    ("one", "other"), list(combinations(["en", "es", "zh", "th", "lo", "hmn"], 2))
)
def test_two_sentences_in_two_languages_mostly_stay_open(one: str, other: str) -> None:
    """CLD2 alone takes a short text of two languages in Latin letters for one of them."""
    pairs = list(product(SENTENCES[one], SENTENCES[other]))
    alike = [(first, second) for first, second in pairs if _are_alike(first, second)]
    left_open = [language_of(f"{first} {second}") is None for first, second in alike]
    assert sum(left_open) >= 0.8 * len(alike) > 0


def _are_alike(one: str, other: str) -> bool:
    """Tell whether neither of two texts is much longer than the other, in bytes."""
    shorter, longer = sorted([len(one.encode()), len(other.encode())])
    return longer < 1.3 * shorter


def test_a_name_with_an_at_sign_is_no_mail_address() -> None:
    assert language_of("@somebody the service was very slow today") == "en"


def test_a_long_text_is_told_by_its_beginning() -> None:
    assert language_of("The service was very slow today. " * 1000) == "en"


@given(st.text(max_size=200))
def test_any_text_has_a_language_tag_or_none(text: str) -> None:
    language = language_of(text)
    assert language is None or (language.isascii() and 2 <= len(language) <= 8)
