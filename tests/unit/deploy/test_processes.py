from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.processes import failure, how_it_ended, telling_line


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("starting\nready\n", "ready"),
        ("initdb: error: no such folder\ninitdb: cleaning up\n", "initdb: error: no such folder"),
        ("Traceback\n  line 1\nModuleNotFoundError: no x\n\n", "ModuleNotFoundError: no x"),
        ("error: first\nerror: second.\n", "error: second"),
        ("", "it said nothing"),
    ],
)
def test_of_a_log_the_line_is_quoted_that_names_the_error(log: str, told: str) -> None:
    assert telling_line(log) == told


def test_a_full_disk_is_recognised_in_a_log_and_has_a_remedy(tmp_path: Path) -> None:
    log = tmp_path / "initdb.log"
    log.write_text("FATAL:  could not write: No space left on device\ninitdb: cleaning up\n")
    error = failure("initdb failed", log)
    assert error.detail == "initdb failed: the disk is full."
    assert "Free some space" in error.remedy
    assert str(log) in error.remedy


def test_how_a_process_ended_is_said_in_words() -> None:
    assert how_it_ended(-9) == "was killed by signal 9"
    assert how_it_ended(3) == "ended with exit code 3"
