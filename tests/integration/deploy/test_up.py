"""The command itself, as a person starts it: real servers, real processes, real kills."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.local import jars, launch, ports, postgres
from deploy.local.place import Place
from deploy.local.state import State
from tests.support.waiting import until

LAUNCH = Path(launch.__file__)
#: Servers of the test run must not be used here, nor a proxy by whoever asks the product.
FOREIGN = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "CLOSEDLOOP_DATA"}
READY_WITHIN_S = 150.0
NO_NETWORK = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def command(*arguments: str) -> Sequence[str]:
    """Return a command line of the CLI that stops in order when the tests are killed."""
    dies_with_us = (LAUNCH, os.getpid(), int(signal.SIGTERM), -1, -1)
    return [
        sys.executable,
        *map(str, dies_with_us),
        *(sys.executable, "-m", "deploy.cli"),
        *arguments,
    ]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN} | more


async def closedloop(*arguments: str, **more: str) -> Answer:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), READY_WITHIN_S)
    return Answer(process.returncode or 0, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Have `closedloop up` running and ready."""
    with (folder.parent / "stderr").open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *command("up", "--json", "--no-open", f"--data={folder}", *arguments),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        assert line, (folder.parent / "stderr").read_text()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), READY_WITHIN_S)


def state_of(folder: Path) -> State:
    state = Place(root=folder).state()
    assert state
    return state


def living(state: State) -> Sequence[str]:
    """Return the parts whose processes run."""
    return [name for name, part in state.parts.items() if part.identity.process()]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "product"
    postgres.find_lodging(tmp_path / "product" / "postgres").remove()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with closing(socket.socket()) as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


async def test_a_product_starts_again_with_its_data_after_its_supervisor_was_killed(
    folder: Path, busy_port: int
) -> None:
    async with running(folder, f"--port={busy_port}") as supervisor:
        before = state_of(folder)
        assert before.ports.web != busy_port
        assert f"Port {busy_port} is in use" in (folder.parent / "stderr").read_text()
        await leave_a_mark(before)
        status = json.loads((await closedloop("status", "--json", f"--data={folder}")).out)
        assert status["healthy"], status
        assert set(status["parts"]) == {
            "kafka", "postgres", "scoring", "routing", "outer_loop", "routing.notifier",
            "routing.clock", "outer_loop.assessor", "outer_loop.detector", "web",
        }  # fmt: skip
        second = await closedloop("up", f"--data={folder}")
        assert second.code == 1
        assert "runs already" in second.err
        supervisor.kill()
        await supervisor.wait()
        await until(lambda: not living(before), within_s=30)
    async with running(folder) as supervisor:
        after = state_of(folder)
        assert after.ports == before.ports
        assert await sees_the_mark(after)
        async with httpx.AsyncClient(trust_env=False) as http:
            health = await http.get(f"{after.environment['CLOSEDLOOP_PUBLIC_URL']}/healthz")
        assert health.status_code == 200
        stopped = await closedloop("down", "--json", f"--data={folder}")
        assert json.loads(stopped.out) == {"stopped": True}
        assert await supervisor.wait() == 0
    assert not living(after)
    assert (await closedloop("status", f"--data={folder}")).code == 1


async def test_an_altered_jar_without_a_network_is_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path
) -> None:
    altered = cache_with_an_altered_jar(tmp_path / "cache")
    answer = await closedloop(
        "up",
        "--no-open",
        f"--data={folder}",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        HTTPS_PROXY=NO_NETWORK,
        https_proxy=NO_NETWORK,
        NO_PROXY="",
        no_proxy="",
    )
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert f"Cannot download {altered}" in answer.err
    assert "Check the network" in answer.err
    assert not living(state_of(folder))


@pytest.mark.parametrize("name", ["up", "demo"])
async def test_a_folder_without_permission_is_one_line(name: str) -> None:
    answer = await closedloop(name, "--no-open", "--data=/sys/closedloop")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "No permission to use the folder /sys/closedloop" in answer.err


async def test_fresh_does_not_empty_servers_that_were_there_before(folder: Path) -> None:
    answer = await closedloop(
        "up", "--fresh", f"--data={folder}", DATABASE_URL="postgresql://localhost/of-others"
    )
    assert answer.code == 1
    assert "--fresh empties only servers that closedloop starts itself" in answer.err


async def test_down_says_that_nothing_runs(folder: Path) -> None:
    answer = await closedloop("down", "--json", f"--data={folder}")
    assert (answer.code, json.loads(answer.out)) == (0, {"stopped": False})


async def test_a_command_without_servers_says_what_to_start(folder: Path) -> None:
    answer = await closedloop("ledger", CLOSEDLOOP_DATA=str(folder))
    assert answer.code == 1
    assert "Start one with closedloop up" in answer.err


async def test_an_interrupted_start_leaves_nothing(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command("up", "--no-open", f"--data={folder}"),
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    await until(lambda: (state := Place(root=folder).state()) and state.parts, within_s=60)
    state = state_of(folder)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), READY_WITHIN_S) == 0
    assert not living(state)
    assert state_of(folder).phase == "stopped"


def cache_with_an_altered_jar(cache: Path) -> str:
    """Fill a cache with the right jars but for one; return that one's coordinate."""
    locked = jars.read_lock(jars.LOCK.read_text())
    version = jars.kafka_version(locked)
    ours = jars.ensure(locked, jars.cache_folder(version), lambda _done, _total: None)
    folder = cache / "closedloop" / f"kafka-{version}"
    folder.mkdir(parents=True)
    for path in ours:
        shutil.copy(path, folder)
    (folder / locked[0].file_name).write_bytes(b"altered")
    return str(locked[0])


async def leave_a_mark(state: State) -> None:
    connection = await asyncpg.connect(state.environment["DATABASE_URL"])
    await connection.execute("CREATE TABLE public.mark AS SELECT 1 AS one")
    await connection.close()


async def sees_the_mark(state: State) -> bool:
    connection = await asyncpg.connect(state.environment["DATABASE_URL"])
    seen: int = await connection.fetchval("SELECT one FROM public.mark")
    await connection.close()
    return seen == 1
