"""Results are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.offline.output import Outputs


class Trouble(Exception):  # noqa: N818
    """Anything that goes wrong in the middle."""


def test_nothing_is_in_its_place_before_all_is_kept(tmp_path: Path) -> None:
    with Outputs(force=False) as outputs:
        outputs.open(tmp_path / "a").write(b"one")
        outputs.open(tmp_path / "b").write(b"two")
        assert not (tmp_path / "a").exists()
        outputs.keep()

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": b"one",
        "b": b"two",
    }


def _fail(folder: Path, *, force: bool) -> None:
    with Outputs(force=force) as outputs:
        outputs.open(folder / "a").write(b"half")
        outputs.open(folder / "b")
        raise Trouble


def test_what_goes_wrong_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(Trouble):
        _fail(tmp_path, force=False)

    assert list(tmp_path.iterdir()) == []


def test_what_was_there_before_survives_what_goes_wrong(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"dear")
    with pytest.raises(Trouble):
        _fail(tmp_path, force=True)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"dear"]
