"""Whom a note names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.mentions import MOST_MENTIONED, mentioned_in
from tests.integration.routing.company import PROGRAM


@pytest.mark.parametrize(
    ("note", "ids"),
    [
        ("@noy can you call her?", ["noy"]),
        ("Ask @Noy, then @mali; @noy again.", ["noy", "mali"]),
        ("请 @noy，看一下", ["noy"]),
        ("Over to @mali.", ["mali"]),
        ("(@mali)", ["mali"]),
        ("Write to som@noy or som@noy.example", []),
        ("@nobody knows, @noyful neither", []),
        ("@", []),
        ("", []),
        (None, []),
    ],
)
def test_people_of_the_program_are_named_each_once(note: str | None, ids: list[str]) -> None:
    assert list(mentioned_in(note, PROGRAM)) == ids


@given(st.text())
def test_any_note_names_people_of_the_program_alone(note: str) -> None:
    found = mentioned_in(note, PROGRAM)
    assert set(found) <= {one.id for one in PROGRAM.owners}
    assert len(found) == len(set(found)) <= MOST_MENTIONED
