from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.spelling import normalized

ANYTHING = st.text(st.characters(exclude_categories=()))
WORDS = st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), max_size=12), max_size=60)


@given(WORDS.map(" ".join))
def test_words_are_spelled_as_unicode_says_wherever_a_long_text_is_cut(text: str) -> None:
    assert normalized(text, 5_000) == normalize("NFKC", text)


def test_every_wide_sign_is_made_narrow() -> None:
    signs = "".join(map(chr, range(0xFF01, 0xFF5F))) + "…"
    assert normalized(signs, 500) == normalize("NFKC", signs)


@given(ANYTHING, st.integers(1, 200))
def test_no_more_is_returned_than_is_asked_for(text: str, most: int) -> None:
    assert len(normalized(text * 5, most)) <= most


def test_a_heap_of_accents_is_normalized_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(form: str, piece: str) -> str:
        asked.append(len(piece))
        return piece

    monkeypatch.setattr("unicodedata.normalize", counted)
    normalized("a" + "\u0301" * 10_000, 2_000)
    assert max(asked) <= 64
    assert sum(asked) <= 2_000
