"""`closedloop score` as a process: what it prints, its exit codes, and stopped in the middle."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import until
from tests.unit.offline.support import PROGRAM, table, written

COMMAND = (sys.executable, "-m", "deploy.cli", "score")
#: The same, where no file may grow beyond 100 kB.
CRAMPED = (
    sys.executable,
    "-c",
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
    "from deploy.cli.main import run; run()",
    "score",
)
ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
STARTS_WITHIN_S = 60.0


def start(*arguments: str | Path, command: Sequence[str] = COMMAND) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def score(*arguments: str | Path, command: Sequence[str] = COMMAND) -> tuple[int, str, str]:
    """Run the command; return its exit code, output and errors."""
    process = start(*arguments, command=command)
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


@pytest.fixture
def file(tmp_path: Path) -> Path:
    content = "id,words,score\n1,The kitchen is on fire,9\n2,Late again,2\n3,,\n4,Fine,11\n"
    return written(tmp_path, content)


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Give a file that takes a while."""
    return written(tmp_path, "words\n" + "The train was late again and nobody cared\n" * 300_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_scored_with_a_program_of_ones_own(tmp_path: Path, file: Path) -> None:
    program = written(tmp_path, PROGRAM, "program.yaml")
    out, report = tmp_path / "out.csv", tmp_path / "report.html"
    code, output, errors = score(
        file, "--text-column", "words", "--rating-column", "score", "--scale", "nps",
        "--program", program, "--out", out, "--report", report,
    )  # fmt: skip

    assert (code, errors) == (1, "")
    assert "4 rows = 2 scored + 1 that say nothing + 1 refused" in output
    assert "Acme, version 7" in output
    assert "built in" not in output
    assert [row["rule"] for row in table(out)] == ["fire", "detractor", "", ""]
    assert "10" in table(tmp_path / "out.csv.errors.csv")[0]["reason"]
    assert "Acme" in report.read_text(encoding="utf-8")


def test_without_a_program_the_built_in_one_judges_and_says_so(tmp_path: Path, file: Path) -> None:
    code, output, _ = score(file, "--text-column", "words", "--out", tmp_path / "out.csv")

    assert code == 0
    assert "(built in; your own: --program)" in output


def test_programs_get_one_json_object(tmp_path: Path, file: Path) -> None:
    code, output, errors = score(
        file, "--text-column", "words", "--out", tmp_path / "out.jsonl", "--json"
    )

    told = json.loads(output)
    assert (code, errors) == (0, "")
    assert (told["rows"], told["scored"], told["silent"], told["refused"]) == (4, 3, 1, 0)
    assert told["program"]["built_in"] is True
    assert sum(told["severities"].values()) == 3


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    code, output, errors = score(tmp_path / "none.csv", "--text-column", "words", "--out", out)

    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("closedloop score: ")
    assert "none.csv: No such file or directory" in errors


def test_a_disk_that_is_full_leaves_nothing_and_is_said(tmp_path: Path, long_file: Path) -> None:
    code, _, errors = score(
        long_file, "--text-column", "words", "--out", tmp_path / "out.csv", command=CRAMPED
    )

    assert (code, errors.count("\n")) == (2, 1)
    assert "out.csv: File too large" in errors
    assert names(tmp_path) == ["feedback.csv"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_stops_it_finds_nothing_half_written(
    tmp_path: Path, long_file: Path, stop: signal.Signals
) -> None:
    with running(tmp_path, long_file) as process:
        await until(lambda: _workers(process.pid), within_s=STARTS_WITHIN_S)
        process.send_signal(stop)
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output) == (130, "")
    assert errors == "closedloop score: Stopped. Nothing was written.\n"
    assert names(tmp_path) == ["feedback.csv"]


async def test_its_processes_end_when_it_is_killed(tmp_path: Path, long_file: Path) -> None:
    with running(tmp_path, long_file) as process:
        children = await until(lambda: _workers(process.pid), within_s=STARTS_WITHIN_S)
        process.kill()
        process.communicate(timeout=60)

    await until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


@contextmanager
def running(folder: Path, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Have it scoring a file with two processes; it does not outlive the test."""
    process = start(file, "--text-column", "words", "--out", folder / "out.csv", "--processes", "2")
    with process:
        try:
            yield process
        finally:
            process.kill()


def _workers(parent: int) -> list[int]:
    """Return the processes that it works with, once there are two of them."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    workers = [
        one for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    return workers if len(workers) == 2 else []


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:2] in {"'=", "'+", "'-", "'@"} else cell


@pytest.mark.skipif(not DATA.is_dir(), reason="The data to try it on is not in ../shared/data.")
def test_a_real_file_comes_out_row_by_row(tmp_path: Path) -> None:
    read = DATA / "airline_feedback.csv"
    out = tmp_path / "out.csv"
    code, output, _ = score(read, "--text-column", "text", "--out", out, "--json")

    told = json.loads(output)
    with read.open(encoding="utf-8", newline="") as stream:
        before = list(csv.DictReader(stream))
    after = table(out)
    assert code == 0
    assert told["rows"] == told["scored"] == len(before) == len(after)
    # Most of these begin with @, which a spreadsheet would take for a formula.
    assert [{name: unguarded(row[name]) for name in before[0]} for row in after] == before
    assert told["flagged"] == sum(row["flagged"] == "true" for row in after)
    assert told["languages"]["en"] > 0.95 * len(before)
