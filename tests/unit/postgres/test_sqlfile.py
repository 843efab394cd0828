from __future__ import annotations

from pathlib import Path

import pytest

from shared.postgres.sqlfile import load


def test_queries_are_found_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text("-- a word before\n-- name: one\nSELECT 1\n\n-- name: two\n-- why\nSELECT 2\n")
    assert load(file) == {"one": "SELECT 1", "two": "-- why\nSELECT 2"}


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")
    with pytest.raises(ValueError, match=r"q\.sql"):
        load(file)


def test_a_file_without_names_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text("SELECT 1\n")
    with pytest.raises(ValueError, match="name of its own"):
        load(file)
