"""Parquet in and out: types stay what they were."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.offline.errors import OfflineError
from deploy.offline.processes import HERE
from deploy.offline.source import CHUNK_ROWS
from tests.unit.offline.support import NPS, lines, scored, table, written

pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")

MOMENT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def parquet(folder: Path, columns: dict[str, Any], schema: Any = None) -> Path:  # noqa: ANN401
    path = folder / "feedback.parquet"
    pq.write_table(pa.table(columns, schema=schema), path)
    return path


def read(path: Path) -> Any:  # noqa: ANN401  (pyarrow has no types)
    return pq.read_table(path)


def test_the_types_of_a_parquet_file_stay(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("words", pa.large_string()),
            ("score", pa.int8()),
            ("at", pa.timestamp("ns", tz="UTC")),
            ("price", pa.decimal128(9, 2)),
            ("tags", pa.list_(pa.string())),
        ]
    )
    columns = {
        "words": ["fire", None],
        "score": [3, 10],
        "at": [MOMENT, None],
        "price": [Decimal("9.90"), None],
        "tags": [["a", "b"], []],
    }
    scored(parquet(tmp_path, columns, schema), rating=NPS, out=tmp_path / "out.parquet")

    out = read(tmp_path / "out.parquet")
    assert [out.schema.field(name).type for name in schema.names] == schema.types
    assert out.select(schema.names).equals(pa.table(columns, schema=schema))
    assert out.column("flagged").to_pylist() == [True, False]
    assert out.column("program_version").to_pylist() == [7, 7]


def test_parquet_is_written_as_csv_and_json_lines_too(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        {"words": ["fire"], "at": pa.array([1_700_000_000_000_000_001], pa.timestamp("ns"))},
    )
    scored(path)
    scored(path, out=tmp_path / "out.jsonl")

    assert table(tmp_path / "out.csv")[0]["at"] == "2023-11-14 22:13:20"
    assert lines(tmp_path / "out.jsonl")[0]["rule"] == "fire"


def test_a_csv_file_becomes_parquet_of_text(tmp_path: Path) -> None:
    path = written(tmp_path, "id,words,score\n007,fire,11\n8,,\n9,fire,3\n")
    scored(path, rating=NPS, out=tmp_path / "out.parquet")

    out = read(tmp_path / "out.parquet")
    assert out.column("id").to_pylist() == ["007", "8", "9"]
    assert out.column("flagged").to_pylist() == [None, None, True]


def test_json_values_keep_their_kinds_in_parquet(tmp_path: Path) -> None:
    content = '{"words": "fire \\ud83d", "n": 1, "x": 1}\n{"n": null, "x": 1.5, "l": [1]}\n'
    path = written(tmp_path, content, "f.jsonl")
    scored(path, out=tmp_path / "out.parquet")

    out = read(tmp_path / "out.parquet").to_pylist()
    assert [(row["n"], row["x"], row["l"]) for row in out] == [(1, 1.0, None), (None, 1.5, "[1]")]


def test_several_processes_keep_the_order_of_parquet_rows(tmp_path: Path) -> None:
    count = (HERE + 2) * CHUNK_ROWS + 3
    path = parquet(tmp_path, {"n": list(range(count)), "words": ["fire"] * count})
    scored(path, out=tmp_path / "out.parquet", processes=2)

    assert read(tmp_path / "out.parquet").column("n").to_pylist() == list(range(count))


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="cannot be read as Parquet"):
        scored(written(tmp_path, "words\nfire\n", "f.parquet"))


def test_a_broken_parquet_file_leaves_nothing(tmp_path: Path) -> None:
    count = 40_000
    path = parquet(tmp_path, {"words": [f"fire {n}" for n in range(count)]})
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : len(content) // 2] = b"\xff" * (
        len(content) // 2 - len(content) // 4
    )
    path.write_bytes(content)
    with pytest.raises(OfflineError, match="cannot be read as Parquet"):
        scored(path)

    assert [one.name for one in tmp_path.iterdir()] == ["feedback.parquet"]


def test_a_missing_column_of_parquet_is_named(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="Its columns are 'comment'"):
        scored(parquet(tmp_path, {"comment": ["x"]}))


def test_a_parquet_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="has no rows"):
        scored(parquet(tmp_path, {"words": pa.array([], pa.string())}))
