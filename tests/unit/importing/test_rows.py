"""Reading CSV, TSV and JSON lines row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.importing.errors import ImportFailedError, RowRefusedError
from tests.unit.importing.support import rows

HEADER = "id,customer,when,score,words\n"


def test_a_row_knows_the_line_that_it_starts_on(tmp_path: Path) -> None:
    read = rows(tmp_path, HEADER + '1,c,w,3,"two\nlines"\n2,c,w,3,x\n')

    assert [row.line for row in read] == [2, 4]
    assert read[0].cells["words"] == "two\nlines"


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert len(rows(tmp_path, HEADER + "\n1,c,w,3,x\n\n")) == 1


@pytest.mark.parametrize("cells", ["1,c,w", "1,c,w,3,x,y"])
def test_a_row_with_other_cells_than_the_header_has_a_fault(tmp_path: Path, cells: str) -> None:
    (row,) = rows(tmp_path, HEADER + cells + "\n")

    assert "the header has 5" in row.fault


def test_a_byte_order_mark_does_not_belong_to_the_first_column(tmp_path: Path) -> None:
    assert rows(tmp_path, ("\ufeff" + HEADER + "1,c,w,3,x\n").encode())[0].cells["id"] == "1"


def test_a_stray_byte_is_the_fault_of_its_row_alone(tmp_path: Path) -> None:
    read = rows(tmp_path, HEADER.encode() + b"1,c,w,3,caf\xe9\n2,c,w,3,fine\n")

    assert "not in the file's encoding" in read[0].fault
    assert read[1].cells["words"] == "fine"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "gb18030"])
def test_other_encodings_are_read_when_they_are_declared(tmp_path: Path, encoding: str) -> None:
    content = (HEADER + "1,c,w,3,café\n").encode(encoding)

    assert rows(tmp_path, content, file={"encoding": encoding})[0].cells["words"] == "café"


def test_a_file_in_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="not in utf-16"):
        rows(tmp_path, (HEADER + "1,c,w,3,xy\n").encode()[:-1], file={"encoding": "utf-16"})


def test_a_cell_beyond_all_measure_is_the_fault_of_its_row_alone(tmp_path: Path) -> None:
    read = rows(tmp_path, HEADER + f"1,c,w,3,{'x' * 1_100_000}\n2,c,w,3,fine\n")

    assert "cannot be read" in read[0].fault
    assert read[-1].cells["words"] == "fine"


def test_a_quote_that_never_ends_is_accounted_for(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, HEADER + '1,c,w,3,"endless\n2,c,w,3,x\n')

    assert row.cells["words"].startswith("endless")


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "empty"), ("id,id,customer\n", "'id' more than once"), ("x,y\n", "no column")],
)
def test_a_header_that_cannot_be_used_is_told(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ImportFailedError, match=told):
        rows(tmp_path, content)


def test_a_header_in_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="not in the file's encoding"):
        rows(tmp_path, HEADER.encode().replace(b"words", b"caf\xe9"))


def test_tsv_and_other_delimiters(tmp_path: Path) -> None:
    line = HEADER + "1,c,w,3,x\n"

    assert rows(tmp_path, line.replace(",", "\t"), "f.tsv")[0].cells["score"] == "3"
    assert rows(tmp_path, line.replace(",", ";"), file={"delimiter": ";"})[0].cells["score"] == "3"


def test_a_file_whose_name_tells_no_format_needs_it_said(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match=r"file: \{format: csv\}"):
        rows(tmp_path, HEADER, "feedback.dat")

    assert rows(tmp_path, HEADER + "1,c,w,3,x\n", "feedback.dat", file={"format": "csv"})


def test_equal_rows_have_equal_digests_and_others_do_not(tmp_path: Path) -> None:
    first, same, other = rows(tmp_path, HEADER + "1,c,w,3,x\n1,c,w,3,x\n1,c,w,3x,\n")

    assert first.digest == same.digest != other.digest


def test_json_lines_give_nested_values_dotted_names(tmp_path: Path) -> None:
    (row,) = rows(
        tmp_path, '{"id": 7, "who": {"name": {"last": "Yaj"}}, "ok": true, "no": null}\n', "f.jsonl"
    )

    assert row.cell("id", "id") == "7"
    assert row.cell("who.name.last", "name") == "Yaj"
    assert row.cell("ok", "ok") == "true"
    assert row.cell("no", "no") is None
    assert row.cell("absent", "absent") is None


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", "1", "nonsense", '{"a": ' + "[" * 100_000, '{"a": ' + "9" * 5000 + "}"],
)
def test_a_line_that_is_no_object_has_a_fault(tmp_path: Path, line: str) -> None:
    bad, good = rows(tmp_path, line + '\n{"id": "2"}\n', "f.jsonl")

    assert bad.fault
    assert good.cell("id", "id") == "2"


def test_a_list_and_half_a_character_are_refused_where_they_are_needed(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, '{"tags": ["a"], "half": "\\ud83d"}\n', "f.jsonl")

    for column in ("tags", "half"):
        with pytest.raises(RowRefusedError):
            row.cell(column, "text")
