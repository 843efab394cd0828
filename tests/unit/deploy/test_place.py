from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.local.errors import LocalError
from deploy.local.place import occupied


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_place_is_taken_by_one_start_at_a_time(tmp_path: Path) -> None:
    with occupied(tmp_path), pytest.raises(LocalError, match="runs already"), occupied(tmp_path):
        pass


def test_a_place_that_was_left_can_be_taken_again(tmp_path: Path) -> None:
    with occupied(tmp_path):
        pass
    with occupied(tmp_path) as place:
        assert place.root == tmp_path


def test_nothing_in_a_place_is_readable_by_others(tmp_path: Path) -> None:
    with occupied(tmp_path / "new") as place:
        place.secret("password")
        assert place.root.stat().st_mode & 0o066 == 0
        assert place.log_folder.stat().st_mode & 0o077 == 0
        assert (place.root / "password").stat().st_mode & 0o077 == 0


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    with occupied(tmp_path) as place:
        first = place.secret("secret")
        assert len(first) >= 32
        assert place.secret("secret") == first
        assert place.secret("another") != first


def test_emptying_keeps_the_lock_and_the_logs(tmp_path: Path) -> None:
    with occupied(tmp_path) as place:
        place.secret("secret")
        place.kafka.mkdir()
        place.log("kafka").write_text("what happened")
        place.empty()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "logs"]
        assert place.log("kafka").exists()


def test_a_start_keeps_the_logs_of_the_one_before(tmp_path: Path) -> None:
    with occupied(tmp_path) as place:
        place.log("kafka").write_text("yesterday")
        place.rotate_logs()
        assert not place.log("kafka").exists()
        assert (place.log_folder / "kafka.log.1").read_text() == "yesterday"


def test_a_disk_that_is_almost_full_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10, 10, 12_000_000))
    with pytest.raises(LocalError, match="Only 12 MB are free"), occupied(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with (
        pytest.raises(LocalError, match=f"{tmp_path}{os.sep}file"),
        occupied(tmp_path / "file" / "place"),
    ):
        pass
