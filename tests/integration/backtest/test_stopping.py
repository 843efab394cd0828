"""Whoever stops a backtest finds nothing half-written, whatever it was doing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.integration.backtest.history import activate, keep, said
from tests.support.waiting import until
from tests.unit.program.samples import document

#: The command and its imports, on a machine that others use too.
STARTS_WITHIN_S = 60
CLOSEDLOOP = str(Path(sys.executable).with_name("closedloop"))


@contextmanager
def running(database_url: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Have a backtest running whose page would stand in `folder`; it does not outlive the test."""
    candidate = folder / "candidate.yaml"
    candidate.write_text(document(), encoding="utf-8")
    servers = {"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    process = subprocess.Popen(
        [CLOSEDLOOP, "program", "backtest", str(candidate), "--html", str(folder / "page"), *more],
        env={**os.environ, **servers},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@asynccontextmanager
async def nobody_reads(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Let whoever reads events wait until the block ends."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK scoring.feedback IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


async def _waits(connection: asyncpg.Connection) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
        " AND application_name = 'closedloop backtest')"
    )
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("json", [[], ["--json"]])
async def test_a_backtest_that_is_stopped_leaves_no_page_and_no_part_of_one(
    database_url: str, tmp_path: Path, stop: signal.Signals, json: list[str]
) -> None:
    program = await activate(database_url)
    await keep(database_url, program, [said(1, customer="c1", days_ago=1, happy=False)])
    async with nobody_reads(database_url) as connection:
        with running(database_url, tmp_path, *json) as process:
            await until(lambda: _waits(connection), within_s=STARTS_WITHIN_S)
            assert any(name.endswith(".part") for name in names(tmp_path))
            process.send_signal(stop)
            output, errors = await asyncio.to_thread(process.communicate, timeout=60)

    assert (process.returncode, output) == (130, "")
    assert errors == "closedloop: Stopped. Nothing was written.\n"
    assert names(tmp_path) == ["candidate.yaml"]
