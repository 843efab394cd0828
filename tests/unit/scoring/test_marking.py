from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.marking import marked

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize(
    ("text", "phrases", "found"),
    [
        ("Late, again LATE. Plate!", ["late"], ["Late", "LATE"]),
        ("They cancelled; cancelling is theirs", ["cancel*"], ["cancelled", "cancelling"]),
        ("No one called\n me back", ["called me back"], ["called\n me back"]),
        ("พัสดุมาช้ามาก", ["ช้า"], ["ช้า"]),
        ("ครั้งนี้จริง ๆ", ["้จริง"], ["จริง"]),
        ("ทำดี้", ["ดี"], ["ดี้"]),
        ("我非常失望。", ["失望"], ["失望"]),
        ("It's bad, isn’t it?", ["isn't"], ["isn’t"]),
        ("so 😡 about (it)", ["😡", "(it)"], ["😡", "(it)"]),
        ("not good at all", ["good", "not good"], ["not good"]),
        ("nothing", ["", "*", " "], []),
        ("", ["late"], []),
    ],
)
def test_words_are_found_as_the_writer_wrote_them(
    text: str, phrases: list[str], found: list[str]
) -> None:
    assert [piece.text for piece in marked(text, phrases) if piece.is_marked] == found


@given(texts, st.lists(texts, max_size=5))
def test_the_pieces_are_the_text(text: str, phrases: list[str]) -> None:
    pieces = marked(text, phrases)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
