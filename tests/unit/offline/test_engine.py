"""Every row of a file comes out once, in its order, whatever the format and the processes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from deploy.importing.mapping import FileSettings
from deploy.offline.engine import added_names
from deploy.offline.errors import OfflineError
from deploy.offline.processes import HERE
from deploy.offline.source import CHUNK_ROWS
from deploy.offline.verdicts import Verdict
from tests.unit.offline.support import NPS, lines, scored, table, written

ADDED = list(Verdict._fields)


def test_the_columns_are_those_of_the_file_and_the_verdicts(tmp_path: Path) -> None:
    scored(written(tmp_path, "id,words,score\n7,The kitchen is on fire,9\n"), rating=NPS)

    (row,) = table(tmp_path / "out.csv")
    assert list(row) == ["id", "words", "score", *ADDED]
    assert row["id"] == "7"
    assert row["words"] == "The kitchen is on fire"
    assert (row["severity"], row["flagged"], row["rule"]) == ("critical", "true", "fire")
    assert (row["language"], row["program_version"]) == ("en", "7")


def test_cells_come_out_as_they_went_in(tmp_path: Path) -> None:
    cells = ["  spaces ", 'quo"tes', "com,ma", "two\nlines", "1=1", "ລາວ", "cr\rin", "007", ""]
    path = tmp_path / "feedback.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[*map(str, range(9)), "words"], [*cells, "fire"]])
    scored(path)

    (row,) = table(tmp_path / "out.csv")
    assert [row[str(place)] for place in range(9)] == cells


def test_a_row_that_says_nothing_is_kept_with_an_empty_verdict(tmp_path: Path) -> None:
    found = scored(written(tmp_path, "id,words\n1,\n2,fire\n"))

    first, second = table(tmp_path / "out.csv")
    assert [first[name] for name in ADDED] == [""] * len(ADDED)
    assert second["rule"] == "fire"
    assert (found.tally.silent, found.tally.scored, found.tally.refused) == (1, 1, 0)
    assert not (tmp_path / "out.csv.errors.csv").exists()


def test_a_refused_row_is_kept_and_listed_with_its_number_and_the_reason(tmp_path: Path) -> None:
    content = 'id,words,score\n1,"two\nlines",3\n2,x,11\n3,x\n4,x,9\n'
    found = scored(written(tmp_path, content), rating=NPS)

    rows = table(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "", "4"]
    assert [row["severity"] != "" for row in rows] == [True, False, False, True]
    assert found.tally.refused == 2
    assert [tuple(row.values())[:3] for row in table(tmp_path / "out.csv.errors.csv")] == [
        ("2", "4", "rating.value"),
        ("3", "5", ""),
    ]


def test_the_list_of_an_earlier_run_does_not_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "words,score\nx,11\n")
    scored(path, rating=NPS)
    written(tmp_path, "words,score\nx,10\n")
    scored(path, rating=NPS, force=True)

    assert not (tmp_path / "out.csv.errors.csv").exists()


def test_a_name_that_is_taken_gets_another_word_behind() -> None:
    names = added_names(["rule", "rule_scored", "language"])

    assert names[0] == "language_scored"
    assert "rule_scored_scored" in names
    assert len(names) == len(ADDED)


def test_what_was_scored_can_be_scored_again(tmp_path: Path) -> None:
    scored(written(tmp_path, "words\nfire\n"))
    scored(tmp_path / "out.csv", out=tmp_path / "again.csv")

    (row,) = table(tmp_path / "again.csv")
    assert (row["rule"], row["rule_scored"]) == ("fire", "fire")


def test_several_processes_write_what_one_writes(tmp_path: Path) -> None:
    rows = (
        f"{n},{'' if n % 7 else 'fire '}row {n},{n % 12}\n"
        for n in range((HERE + 3) * CHUNK_ROWS + 5)
    )
    path = written(tmp_path, "id,words,score\n" + "".join(rows))
    one = scored(path, rating=NPS)
    two = scored(path, rating=NPS, processes=2, out=tmp_path / "two.csv")

    assert one.tally == two.tally
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    listed = (tmp_path / "out.csv.errors.csv").read_bytes()
    assert (tmp_path / "two.csv.errors.csv").read_bytes() == listed
    assert [row["id"] for row in table(tmp_path / "out.csv")] == [
        str(number) for number in range((HERE + 3) * CHUNK_ROWS + 5)
    ]


def test_json_lines_keep_the_kinds_of_their_values(tmp_path: Path) -> None:
    content = '{"words": "fire", "n": 1, "ok": true, "list": [1, {"a": 2}], "none": null}\n'
    scored(written(tmp_path, content, "f.jsonl"), out=tmp_path / "out.jsonl")

    (row,) = lines(tmp_path / "out.jsonl")
    read = {name: row[name] for name in ("words", "n", "ok", "list", "none")}
    assert read == json.loads(content)
    assert (row["flagged"], row["program_version"], row["theme"]) == (True, 7, None)


def test_nested_objects_become_columns_with_dots(tmp_path: Path) -> None:
    content = '{"said": {"words": "fire"}}\n{"other": 1}\n'
    path = written(tmp_path, content, "f.jsonl")
    scored(path, text_column="said.words")

    rows = table(tmp_path / "out.csv")
    assert [(row["said.words"], row["other"]) for row in rows] == [("fire", ""), ("", "1")]


def test_half_a_character_in_one_row_does_not_stop_the_others(tmp_path: Path) -> None:
    content = '{"words": "fire \\ud83d"}\n{"words": "fire"}\n'
    path = written(tmp_path, content, "f.jsonl")
    for name in ("out.csv", "out.jsonl"):
        found = scored(path, out=tmp_path / name)
        assert (found.tally.refused, found.tally.scored) == (1, 1)

    assert lines(tmp_path / "out.jsonl")[0]["words"] == "fire \ud83d"
    assert table(tmp_path / "out.csv")[0]["words"] == "fire \\ud83d"


def test_tabs_separate_where_the_name_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, "id\twords\n1\tfire, here\n", "f.tsv")
    scored(path, out=tmp_path / "out.tsv")

    assert table(tmp_path / "out.tsv", "\t")[0]["words"] == "fire, here"


def test_another_delimiter_is_read_when_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "id;words\n1;fire\n")
    scored(path, settings=FileSettings(delimiter=";"))

    assert table(tmp_path / "out.csv")[0]["rule"] == "fire"


@pytest.mark.parametrize("taken", ["out.csv", "out.csv.errors.csv", "report.html"])
def test_a_place_that_is_taken_is_refused_and_left_alone(tmp_path: Path, taken: str) -> None:
    path = written(tmp_path, "words\nfire\n")
    written(tmp_path, "dear", taken)
    with pytest.raises(OfflineError, match="exists already"):
        scored(path, report=tmp_path / "report.html")

    assert (tmp_path / taken).read_text() == "dear"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["feedback.csv", taken])


def test_force_replaces_what_is_there(tmp_path: Path) -> None:
    path = written(tmp_path, "words\nfire\n")
    written(tmp_path, "dear", "out.csv")
    scored(path, force=True)

    assert table(tmp_path / "out.csv")[0]["rule"] == "fire"


@pytest.mark.parametrize("option", ["out", "report"])
def test_the_file_that_is_read_is_never_written(tmp_path: Path, option: str) -> None:
    path = written(tmp_path, "words\nfire\n")
    with pytest.raises(OfflineError, match="is the file that is read"):
        scored(path, force=True, **{option: path})

    assert path.read_text() == "words\nfire\n"


def test_a_folder_is_no_place_for_the_result(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(OfflineError, match="is a folder"):
        scored(written(tmp_path, "words\nfire\n"), force=True)


def test_result_and_report_in_one_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="one name"):
        scored(written(tmp_path, "words\nfire\n"), report=tmp_path / "out.csv")
