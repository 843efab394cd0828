"""Files that cannot be scored are refused before anything is written, with one clear line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.importing.errors import ImportFailedError
from deploy.importing.mapping import FileSettings
from deploy.offline.errors import OfflineError
from deploy.offline.source import CHUNK_ROWS, open_text
from tests.unit.offline.support import NPS, job, scored, written


def refused(
    folder: Path,
    content: str | bytes,
    name: str = "feedback.csv",
    **changes: Any,  # noqa: ANN401
) -> str:
    """Return why the file is refused; nothing may be written."""
    path = written(folder, content, name)
    with pytest.raises((OfflineError, ImportFailedError)) as error:
        scored(path, **changes)
    assert [one.name for one in folder.iterdir()] == [name]
    return str(error.value)


@pytest.mark.parametrize("name", ["feedback.csv", "feedback.jsonl", "feedback.tsv"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, "", name) == f"{name} is empty. Give a file with some rows."


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    assert "has no rows" in refused(tmp_path, "words,score\n")


def test_a_missing_column_is_named_with_the_columns_that_there_are(tmp_path: Path) -> None:
    reason = refused(tmp_path, "id,comment\n1,x\n")
    assert reason == (
        "--text-column: the file has no column 'words'. Its columns are 'id', 'comment'."
    )


def test_a_missing_rating_column_is_named(tmp_path: Path) -> None:
    reason = refused(tmp_path, "words,scor\nx,1\n", rating=NPS)
    assert "--rating-column" in reason
    assert "Did you mean 'scor'?" in reason


def test_one_column_that_holds_separators_is_met_with_a_hint(tmp_path: Path) -> None:
    assert "--delimiter" in refused(tmp_path, "id;words\n1;x\n")


def test_a_missing_column_of_json_lines_is_named(tmp_path: Path) -> None:
    reason = refused(tmp_path, '{"a": {"b": 1}}\n{"text": "x"}\n', "f.jsonl")
    assert "Its columns are 'a.b', 'text'." in reason


def test_lines_that_are_no_objects_are_refused(tmp_path: Path) -> None:
    assert "No line of f.jsonl is a JSON object" in refused(tmp_path, "[1]\nnull\n", "f.jsonl")


@pytest.mark.parametrize("before", [0, 10, (1 << 20) - 1, 1 << 20, (1 << 20) + 7])
def test_the_first_byte_that_is_not_utf8_is_named(tmp_path: Path, before: int) -> None:
    head = b"words\n"
    content = head + b"a" * (before - len(head)) + b"\xe9 stays\n" if before else b"\xe9words\n"
    assert f"is not UTF-8: byte {content.index(0xE9):,} (0xe9)." in refused(tmp_path, content)


def test_a_byte_order_mark_is_counted_in(tmp_path: Path) -> None:
    reason = refused(tmp_path, b"\xef\xbb\xbfwords\nfine \xff\n")
    assert "is not UTF-8: byte 14 (0xff)." in reason


def test_a_character_that_the_file_ends_in_the_middle_of_is_found(tmp_path: Path) -> None:
    assert "is not UTF-8: byte 8 (0xe0)." in refused(tmp_path, b"words\nab\xe0\xb8")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    assert "byte 4 is 0" in refused(tmp_path, b"\x7fELF\0\0words\n")


def test_a_workbook_is_told_from_its_first_bytes(tmp_path: Path) -> None:
    assert "Save the sheet as CSV" in refused(tmp_path, b"PK\x03\x04rest")


def test_a_name_that_tells_no_format_is_refused(tmp_path: Path) -> None:
    assert "does not tell the format" in refused(tmp_path, "words\nx\n", "feedback.xls")


def test_another_encoding_is_read_when_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "words\ncafé\n".encode("cp1252"))
    with open_text(job(path, settings=FileSettings(encoding="cp1252"))) as source:
        (chunk,) = source.chunks
    assert chunk.rows[0].cells == {"words": "café"}


def test_what_is_not_in_the_encoding_that_was_said_is_refused(tmp_path: Path) -> None:
    reason = refused(tmp_path, b"words\nx\n", settings=FileSettings(encoding="utf-16"))
    assert "utf-16" in reason


def test_rows_come_in_chunks_that_know_where_they_begin(tmp_path: Path) -> None:
    path = written(tmp_path, "words\n" + "x\n" * (2 * CHUNK_ROWS + 1))
    with open_text(job(path)) as source:
        chunks = [(chunk.first, len(chunk.rows)) for chunk in source.chunks]
    assert chunks == [(1, CHUNK_ROWS), (CHUNK_ROWS + 1, CHUNK_ROWS), (2 * CHUNK_ROWS + 1, 1)]


def test_long_rows_make_short_chunks(tmp_path: Path) -> None:
    path = written(tmp_path, "words\n" + ("x" * 500_000 + "\n") * 40)
    with open_text(job(path)) as source:
        assert max(len(chunk.rows) for chunk in source.chunks) <= 20


def test_the_kinds_of_json_columns_are_what_all_rows_agree_on(tmp_path: Path) -> None:
    content = (
        '{"words": "a", "n": 1, "x": 1, "t": true, "mixed": 1, "big": 1}\n'
        '{"words": "b", "n": null, "x": 1.5, "mixed": "one", "big": 99999999999999999999}\n'
    )
    with open_text(job(written(tmp_path, content, "f.jsonl"))) as source:
        kinds = dict(source.columns)
    assert kinds == {
        "words": "text",
        "n": "whole",
        "x": "number",
        "t": "truth",
        "mixed": "text",
        "big": "text",
    }
