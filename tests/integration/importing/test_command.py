"""`closedloop import` as a process: what it prints, its exit codes, and killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from services.ingest.app import create_app
from services.ingest.bootstrap import open_publishers
from services.ingest.handlers import add_publisher
from shared.settings import Settings
from tests.support.waiting import until

pytestmark = pytest.mark.own_topics

ROWS = 6_000
MAPPING = """\
source: urn:test:import
id: id
customer_id: {column: id, prefix: c-}
touchpoint: {constant: refunds}
listening_post: {constant: survey}
occurred_at: {constant: 2026-05-01T00:00:00Z}
rating: {scale: nps, column: score}
"""
_PROGRAM = "import typer; from deploy.cli.importing import import_file; typer.run(import_file)"


class Command:
    """The command, with its files in a folder of its own."""

    def __init__(self, folder: Path, address: str, key: str) -> None:
        self.folder = folder
        self.file = folder / "feedback.csv"
        self.mapping = folder / "mapping.yaml"
        self.mapping.write_text(MAPPING, encoding="utf-8")
        self.address = address
        self.key = key

    def write(self, rows: int, *, bad: frozenset[int] = frozenset()) -> None:
        """Write a file of `rows` rows; those in `bad` hold no NPS rating."""
        lines = (f"{row},{99 if row in bad else row % 11}\n" for row in range(rows))
        self.file.write_text("id,score\n" + "".join(lines), encoding="utf-8")

    async def start(self, *options: str) -> Process:
        """Start it."""
        arguments = [str(self.file), "--mapping", str(self.mapping), "--url", self.address]
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "CLOSEDLOOP_PUBLISHER_KEY": self.key,
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, *arguments, *options,
            env=environment, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip

    async def run(self, *options: str) -> tuple[int | None, str, str]:
        """Run it; return its exit code, output and errors."""
        process = await self.start(*options)
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    def rejected_rows(self) -> list[dict[str, Any]]:
        """Return what stands in the file of refused rows."""
        path = self.file.with_name(self.file.name + ".rejected.jsonl")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def settled_rows(self) -> int:
        """Return how many rows the checkpoint of a running import says are settled."""
        for path in (self.folder / "state").glob("closedloop/imports/*.json"):
            return int(json.loads(path.read_bytes())["rows"])
        return 0


@pytest.fixture
async def command(settings: Settings, tmp_path: Path) -> AsyncIterator[Command]:
    """Give the command, with the ingest API listening for it."""
    async with open_publishers(settings) as publishers:
        key = await add_publisher(publishers, "acme", "importer")
    async with _listening(settings) as address:
        yield Command(tmp_path, address, key)


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[str]:
    config = uvicorn.Config(create_app(settings), port=0, lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


async def test_all_rows_accepted_is_exit_code_0(command: Command) -> None:
    command.write(20)

    code, output, errors = await command.run()

    assert (code, errors) == (0, "")
    assert output.startswith("feedback.csv: 20 rows = 20 accepted + 0 refused")


async def test_refused_rows_are_exit_code_1_and_stand_in_their_file(command: Command) -> None:
    command.write(20, bad=frozenset({3}))

    code, output, _ = await command.run("--json")

    report = json.loads(output)
    assert code == 1
    assert (report["rows"], report["accepted"], report["refused"]) == (20, 19, 1)
    (refused,) = command.rejected_rows()
    assert (refused["line"], refused["field"]) == (5, "rating.value")


async def test_an_import_killed_in_the_middle_goes_on_and_accounts_for_every_row(
    command: Command,
) -> None:
    bad = frozenset(range(7, ROWS, 100))
    command.write(ROWS, bad=bad)
    process = await command.start()
    await until(lambda: command.settled_rows() >= 1_000, within_s=60)
    process.kill()
    await process.communicate()
    settled = command.settled_rows()

    code, output, errors = await command.run("--json")

    report = json.loads(output)
    assert 1_000 <= settled < ROWS
    assert f"Going on after row {settled:,}" in errors
    assert code == 1
    assert report["resumed_at"] == settled
    assert report["rows"] == ROWS == report["accepted"] + report["refused"]
    assert [row["line"] for row in command.rejected_rows()] == [row + 2 for row in sorted(bad)]
    assert command.settled_rows() == 0


async def test_a_dry_run_shows_events_and_sends_nothing(command: Command) -> None:
    command.write(20, bad=frozenset({3}))

    code, output, _ = await command.run("--dry-run")

    assert code == 1
    assert '"type": "feedback.submitted.v1"' in output
    assert "line 5: rating.value: " in output
    assert output.endswith("20 rows = 19 to send + 1 refused. Nothing was sent.\n")
    assert not list(command.folder.glob("*.rejected.jsonl"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--key", "clp_wrong"), "refused the publisher key"),
        (("--key", ""), "A publisher key is needed"),
        (("--url", "nonsense"), "nonsense is not an address"),
        (("--mapping", "none.yaml"), "Cannot read none.yaml: No such file or directory."),
        (("--tenant", "Not A Tenant"), "rows"),
    ],
)
async def test_what_cannot_be_done_is_told_in_one_line(
    command: Command, options: tuple[str, str], told: str
) -> None:
    command.write(3)

    code, output, errors = await command.run(*options)

    assert code == (1 if told == "rows" else 2)
    assert told in output + errors
    assert len(errors.splitlines()) <= 1


async def test_a_file_that_is_not_there_is_told(command: Command) -> None:
    code, _, errors = await command.run()

    assert code == 2
    assert errors == f"closedloop import: Cannot use {command.file}: No such file or directory.\n"
