from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from shared.web.tables import csv_response

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), max_size=5))
def test_a_table_reads_as_it_was_written_and_begins_no_formula(rows: list[list[str]]) -> None:
    body = bytes(csv_response("table", ["a", "b"], rows).body)
    head, *read = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    assert head == ["a", "b"]
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    for row in read:
        assert not any(cell.startswith(("=", "@")) for cell in row)


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    body = bytes(csv_response("table", ["n"], [[-1.5], [None]]).body).decode("utf-8-sig")
    assert body == 'n\r\n-1.5\r\n""\r\n'


def test_a_spreadsheet_is_told_that_it_is_utf_8() -> None:
    assert bytes(csv_response("table", ["ຊື່"], []).body).startswith(b"\xef\xbb\xbf")
