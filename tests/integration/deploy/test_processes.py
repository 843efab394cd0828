from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local import processes
from deploy.local.errors import LocalError
from deploy.local.processes import Command, identity_of
from tests.support.waiting import until

#: Says that it is there, and goes on when it is asked politely to stop.
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('there', flush=True); time.sleep(600)"
)
STARTER = """
import asyncio, sys
from pathlib import Path
from deploy.local.processes import Command, spawn

async def main():
    child = await spawn(Command(name="child", arguments=["/bin/sleep", "600"]), Path(sys.argv[1]))
    print(child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def python(code: str, **choices: float) -> Command:
    """Return a command that runs Python code."""
    stop_within_s = choices.get("stop_within_s", 10.0)
    return Command(
        name="program", arguments=[sys.executable, "-c", code], stop_within_s=stop_within_s
    )


async def test_a_child_does_not_outlive_a_starter_that_is_killed(tmp_path: Path) -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, str(tmp_path / "log"), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout
    child = identity_of(int(await starter.stdout.readline()))
    await until(lambda: child.process() and "sleep" in psutil.Process(child.pid).name())
    starter.kill()
    await starter.wait()
    await until(lambda: child.process() is None)


async def test_what_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    command = python(STUBBORN, stop_within_s=0.2)
    process = await processes.spawn(command, tmp_path / "log")
    await until(lambda: "there" in (tmp_path / "log").read_text())
    await processes.stop(process, command)
    assert process.returncode == -signal.SIGKILL


async def test_stopping_ends_the_children_of_a_process_too(tmp_path: Path) -> None:
    command = python(
        "import subprocess, time; print(subprocess.Popen(['/bin/sleep', '600']).pid, flush=True);"
        " time.sleep(600)"
    )
    process = await processes.spawn(command, tmp_path / "log")
    grandchild = identity_of(int(await until((tmp_path / "log").read_text)))
    await processes.stop(process, command)
    await until(lambda: grandchild.process() is None)


async def test_what_an_earlier_start_left_is_ended_even_when_it_does_not_want_to(
    tmp_path: Path,
) -> None:
    process = await processes.spawn(python(STUBBORN), tmp_path / "log")
    await until(lambda: "there" in (tmp_path / "log").read_text())
    await processes.end(identity_of(process.pid), stop_signal=signal.SIGTERM, within_s=0.2)
    assert await process.wait() == -signal.SIGKILL


async def test_a_process_that_got_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    command = Command(name="innocent", arguments=["/bin/sleep", "600"])
    process = await processes.spawn(command, tmp_path / "log")
    earlier = processes.Identity(
        pid=process.pid, started_at=identity_of(process.pid).started_at - 5
    )
    await processes.end(earlier, stop_signal=signal.SIGKILL, within_s=0.2)
    assert process.returncode is None
    await processes.stop(process, command)


async def test_a_process_that_ends_before_it_is_ready_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = python("raise SystemExit('the reason')")
    process = await processes.spawn(command, log)
    never = asyncio.Event()
    with pytest.raises(LocalError, match=r"program ended with exit code 1: the reason\."):
        await processes.until_ready(process, command, _wait(never), log=log, within_s=20)


async def test_a_process_that_does_not_get_ready_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = Command(name="sleeper", arguments=["/bin/sleep", "600"])
    process = await processes.spawn(command, log)
    with pytest.raises(LocalError, match="sleeper was not ready within 0 s"):
        await processes.until_ready(process, command, _wait(asyncio.Event()), log=log, within_s=0.1)
    await processes.stop(process, command)


async def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"{tmp_path}{os.sep}nowhere"):
        await processes.spawn(python("pass"), tmp_path / "nowhere" / "log")


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
