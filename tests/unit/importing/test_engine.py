"""An import as a whole: every row accounted for, stopped anywhere and gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.importing import checkpoint as checkpoints
from deploy.importing import client as clients
from deploy.importing.checkpoint import Progress, checkpoint
from deploy.importing.engine import ImportReport, Job, rehearse, run_import
from deploy.importing.errors import ImportFailedError
from tests.unit.importing.intake import Intake
from tests.unit.importing.support import mapping

ROWS = 1_234
BAD_ROWS = 1_234 // 100 + 1


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(clients, "_FIRST_PAUSE_S", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file in which every hundredth row, from the first, is no feedback."""
    lines = ["id,customer,when,score,words"]
    for number in range(ROWS):
        score = 99 if number % 100 == 0 else number % 11
        lines.append(f"{number},c-{number % 50},2026-01-01T00:00:00,{score},")
    path = tmp_path / "feedback.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


async def imported(file: Path, intake: Intake, **changes: Any) -> ImportReport:  # noqa: ANN401
    job = Job(file=file, mapping=mapping(**changes))
    with checkpoint(file, file, "http://test") as kept:
        async with intake.client() as client:
            return await run_import(job, client, kept, lambda _bytes, _progress: None)


def rejected_lines(file: Path) -> list[dict[str, Any]]:
    path = file.with_name(file.name + ".rejected.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_every_row_is_accepted_or_refused(file: Path) -> None:
    intake = Intake(refused={"5", "1233"})
    report = await imported(file, intake)

    assert report.rows == ROWS == report.accepted + report.refused
    assert report.refused == BAD_ROWS + 2
    assert len(intake.ids) == len(set(intake.ids)) == report.accepted
    assert [row["line"] for row in rejected_lines(file)] == sorted(
        [2 + number for number in range(0, ROWS, 100)] + [7, 1235]
    )
    assert rejected_lines(file)[0]["field"] == "rating.value"
    assert rejected_lines(file)[1] == {"line": 7, "field": "text", "reason": "It is refused."}


async def test_without_refused_rows_no_file_of_them_is_left(file: Path) -> None:
    leftover = file.with_name(file.name + ".rejected.jsonl")
    leftover.write_text("from an earlier import", encoding="utf-8")

    report = await imported(file, Intake(), rating={"scale": "nps", "constant": "5"})

    assert report.refused == 0
    assert report.rejected_file is None
    assert not leftover.exists()


def stops_after(batches: int) -> Callable[[], Intake]:
    """Return an intake that takes some batches and is gone for good then."""

    class Stopping(Intake):
        def answer(self, request: httpx.Request) -> httpx.Response:
            if len(self.batches) == batches:
                raise httpx.ConnectError("gone")
            return super().answer(request)

    return Stopping


@pytest.mark.parametrize("batches", [0, 1, 2])
async def test_a_stopped_import_goes_on_where_it_was(file: Path, batches: int) -> None:
    first = stops_after(batches)()
    with pytest.raises(ImportFailedError, match="run the same command again"):
        await imported(file, first)
    second = Intake()

    report = await imported(file, second)

    assert report.resumed_at == 500 * batches
    assert report.rows == ROWS == report.accepted + report.refused
    assert report.refused == BAD_ROWS == len(rejected_lines(file))
    assert len(first.ids + second.ids) == len(set(first.ids + second.ids)) == report.accepted


@pytest.mark.parametrize("kept_batches", [0, 1, 2])
async def test_a_crash_between_sending_and_keeping_repeats_one_batch_and_no_count(
    file: Path, monkeypatch: pytest.MonkeyPatch, kept_batches: int
) -> None:
    save = checkpoints.Checkpoint.save

    def killed(kept: checkpoints.Checkpoint, progress: Progress) -> None:
        if progress.rows > 500 * kept_batches:
            raise KeyboardInterrupt
        save(kept, progress)

    first = Intake()
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints.Checkpoint, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            await imported(file, first)
    second = Intake()

    report = await imported(file, second)

    assert report.resumed_at == 500 * kept_batches
    assert first.batches[-1] == second.batches[0]
    assert report.accepted == len(set(first.ids + second.ids))
    assert len(rejected_lines(file)) == BAD_ROWS


async def test_a_finished_import_leaves_no_progress_behind(file: Path) -> None:
    await imported(file, Intake())
    again = Intake()

    report = await imported(file, again)

    assert report.resumed_at == 0
    assert len(again.ids) == report.accepted


async def test_a_changed_file_is_another_import(file: Path) -> None:
    with pytest.raises(ImportFailedError):
        await imported(file, stops_after(1)())
    with file.open("a", encoding="utf-8") as end:
        end.write("9999,c,2026-01-01T00:00:00,5,\n")

    assert (await imported(file, Intake())).resumed_at == 0


def test_the_same_import_does_not_run_twice_at_once(file: Path) -> None:
    with (
        checkpoint(file, file, "here"),
        checkpoint(file, file, "elsewhere"),
        pytest.raises(ImportFailedError, match="by another process"),
        checkpoint(file, file, "here"),
    ):
        pass


async def test_an_unreadable_checkpoint_starts_the_import_again(file: Path) -> None:
    with checkpoint(file, file, "http://test") as kept:
        kept.path.write_text("{", encoding="utf-8")

    assert (await imported(file, Intake())).rows == ROWS


def test_a_rehearsal_counts_and_shows_and_sends_nothing(file: Path) -> None:
    rehearsal = rehearse(Job(file=file, mapping=mapping()), lambda _bytes, _progress: None)

    assert rehearsal.rows == ROWS == rehearsal.accepted + rehearsal.refused
    assert [event["id"] for event in rehearsal.first_events] == ["1", "2", "3"]
    assert [row.line for row in rehearsal.first_rejected] == [2, 102, 202, 302, 402]
    assert not list(file.parent.glob("*.rejected.jsonl"))
