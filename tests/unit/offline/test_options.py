"""What `closedloop score` says to wrong options, in the process of the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from tests.unit.offline.support import PROGRAM, written


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path, "id,words,score\n1,The kitchen is on fire,9\n")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def score(*arguments: str | Path) -> tuple[int, str, str]:
    """Run the command; return its exit code, output and errors."""
    result = CliRunner().invoke(app, ["score", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--text-column", "word"], "no column 'word'. Did you mean 'words'?"),
        (["--text-column", "words", "--scale", "nps"], "--scale needs --rating-column"),
        (["--text-column", "words", "--rating-column", "score"], "is not said. Give --scale"),
        (
            ["--text-column", "words", "--rating-column", "score", "--scale", "npss"],
            "'npss' is not known. Give --scale with one of nps, csat",
        ),
        (
            ["--text-column", "words", "--rating-column", "score", "--scale", "custom"],
            "a custom scale needs minimum and maximum",
        ),
        (["--text-column", "words", "--encoding", "klingon"], "'klingon' is no encoding"),
        (["--text-column", "words", "--delimiter", "ab"], "--delimiter"),
        (["--text-column", "words", "--program", "nowhere.yaml"], "Cannot use nowhere.yaml"),
        (["--text-column", "words", "--report", "{folder}"], "is a folder"),
    ],
)
def test_a_wrong_option_is_one_line_and_nothing_is_written(
    tmp_path: Path, file: Path, options: list[str], complaint: str
) -> None:
    filled = [option.replace("{folder}", str(tmp_path)) for option in options]
    code, output, errors = score(file, *filled, "--out", tmp_path / "out.csv")

    assert (code, output) == (2, "")
    assert complaint in errors
    assert errors.startswith("closedloop score: ")
    assert errors.count("\n") == 1
    assert names(tmp_path) == ["feedback.csv"]


def test_a_program_with_a_fault_is_refused_with_the_line(tmp_path: Path, file: Path) -> None:
    program = written(tmp_path, PROGRAM.replace("severity: low,", "severity: lowest,"), "p.yaml")
    code, _, errors = score(
        file, "--text-column", "words", "--program", program, "--out", tmp_path / "out.csv"
    )

    assert (code, errors.count("\n")) == (2, 1)
    assert "line 10" in errors
    assert "closedloop program check" in errors
