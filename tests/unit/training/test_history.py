from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.importing.mapping import FileSettings
from deploy.offline.errors import OfflineError
from deploy.training.errors import TrainError
from deploy.training.history import HistoryFile, moment_of, read_history
from tests.unit.training.samples import written


def wanted(path: Path, **columns: str) -> HistoryFile:
    named = {"text_column": "words", "label_column": "reason"} | columns
    return HistoryFile(file=path, settings=FileSettings(), **named)


def test_each_row_of_a_file_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        ("late", "delay", "2026-01-05"),
        ("", "delay", "2026-01-05"),
        ("what?", " ", "2026-01-05"),
        ("broken", "damage", "last spring"),
        ("too few cells",),
    ]

    found = read_history(wanted(written(tmp_path, rows), time_column="said_at"))

    assert [(one.text, one.label) for one in found.labelled] == [("late", "delay")]
    assert (found.rows, found.silent, found.unlabelled, found.refused) == (5, 1, 1, 2)
    assert found.refusal == (
        "line 5: Column 'said_at' says 'last spring', which is no moment of ISO 8601."
    )


def test_lines_of_json_and_parquet_are_read_too(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    lines = tmp_path / "history.jsonl"
    lines.write_text('{"words": "late", "reason": "delay", "said_at": "2026-01-05T08:00Z"}\n')
    table = pyarrow.table(
        {
            "words": ["late"],
            "reason": ["delay"],
            "said_at": pyarrow.array([1767600000000000001], pyarrow.timestamp("ns", tz="UTC")),
        }
    )
    parquet.write_table(table, tmp_path / "history.parquet")

    from_lines = read_history(wanted(lines, time_column="said_at"))
    from_parquet = read_history(wanted(tmp_path / "history.parquet", time_column="said_at"))

    assert from_lines.labelled == from_parquet.labelled
    assert from_lines.labelled[0].moment == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_a_column_that_is_not_there_is_named_with_its_option(tmp_path: Path) -> None:
    path = written(tmp_path, [("late", "delay", "2026-01-05")])

    with pytest.raises(OfflineError, match=r"--label-column: .* Did you mean 'reason'\?"):
        read_history(wanted(path, label_column="reasons"))
    with pytest.raises(OfflineError, match="--time-column: the file has no column 'when'"):
        read_history(wanted(path, time_column="when"))


def test_a_file_without_a_single_label_says_where_to_look(tmp_path: Path) -> None:
    path = written(tmp_path, [("late", "", "")])

    with pytest.raises(TrainError, match=r"No row .* Look at the columns 'words' and 'reason'"):
        read_history(wanted(path))


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-05T08:00:00Z", 8),
        ("2026-01-05 08:00", 8),
        ("2026-01-05 08:00:00 UTC", 8),
        ("2026-01-05 08:00:00 -0700", 15),
        ("2026-01-05T08:00+01:00", 7),
        ("2026-01-05", 0),
    ],
)
def test_moments_are_read_as_tools_write_them(text: str, hour: int) -> None:
    assert moment_of(text) == datetime(2026, 1, 5, hour, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "05/01/2026", "1767600000"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="isoformat"):
        moment_of(text)
