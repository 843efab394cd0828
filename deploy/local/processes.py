"""Child processes: how they are started, recognised again after a crash, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.errors import DISK_FULL, LocalError, from_os_error, log_hint
from deploy.local.polling import until

_NO_SPACE = "No space left on device"
_ERROR_WORDS = ("error", "exception", "fatal", _NO_SPACE.lower())
_LONGEST_REASON = 300
_FULL_BELOW_BYTES = 1_000_000
_LAUNCH = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The user as whom a command runs; -1 is the one who starts it."""

    uid: int = -1
    gid: int = -1


OURSELVES = User()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run, and how it is ended.

    `death_signal` is sent when the starter dies without a word, `stop_signal` to end it in order,
    and SIGKILL when it still lives `stop_within_s` seconds later. A death signal of 0 lets it live.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: User = OURSELVES
    folder: Path | None = None
    death_signal: int = signal.SIGKILL
    stop_signal: int = signal.SIGTERM
    stop_within_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A process for all time: the kernel gives a pid again, but not with the same start time."""

    pid: int
    started_at: float

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs, None when it ended or its pid is another's now."""
        try:
            found = psutil.Process(self.pid)
            alive = found.create_time() == self.started_at
            return found if alive and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    async def has_ended(self) -> bool:
        """Tell whether the process runs no more."""
        return self.process() is None


def identity_of(pid: int) -> Identity:
    """Return the identity of the process that runs as `pid` now; nobody's when none does."""
    try:
        return Identity(pid=pid, started_at=psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return Identity(pid=pid, started_at=0.0)


async def spawn(command: Command, log: Path) -> asyncio.subprocess.Process:
    """Start the command in a process group of its own; all that it writes goes to `log`.

    Raises LocalError when the log or the program cannot be opened.
    """
    launch = [sys.executable, "-I", "-S", _LAUNCH]
    numbers = [os.getpid(), int(command.death_signal), command.user.uid, command.user.gid]
    try:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *launch,
                *map(str, numbers),
                *command.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **command.environment},
                cwd=command.folder,
                start_new_session=True,
            )
    except OSError as error:
        raise from_os_error(error, f"start {command.name}") from error


async def run_to_end(command: Command, log: Path) -> None:
    """Run the command and wait for its end; raise LocalError when it fails."""
    process = await spawn(command, log)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise
    if code:
        raise failure(f"{command.name} failed", log)


async def until_ready(
    process: asyncio.subprocess.Process,
    command: Command,
    ready: Awaitable[None],
    *,
    log: Path,
    within_s: float,
) -> None:
    """Wait for `ready`, but no longer than the process lives or `within_s`.

    Raises LocalError, with the last words of the log, when it dies or does not get ready.
    """
    waiting = asyncio.ensure_future(ready)
    ending = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({waiting, ending}, timeout=within_s, return_when="FIRST_COMPLETED")
        if waiting.done():
            return waiting.result()
        what = f"was not ready within {within_s:.0f} s"
        if ending.done():
            what = how_it_ended(ending.result())
        raise failure(f"{command.name} {what}", log)
    finally:
        waiting.cancel()
        ending.cancel()


async def stop(process: asyncio.subprocess.Process, command: Command) -> None:
    """End the process in order, and its whole group by force when it does not end in time."""
    if process.returncode is None:
        process.send_signal(command.stop_signal)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), command.stop_within_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def end(identity: Identity, *, stop_signal: int, within_s: float) -> None:
    """End a process that an earlier start left behind, with its group, politely and then not."""
    found = identity.process()
    if found is None:
        return
    found.send_signal(stop_signal)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await until(identity.has_ended)
    if identity.process():
        os.killpg(identity.pid, signal.SIGKILL)


def how_it_ended(code: int) -> str:
    """Return a process's return code in words."""
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def failure(what: str, log: Path) -> LocalError:
    """Return the error that says `what` happened, why by the log, and what to do."""
    reason = telling_line(log.read_text(errors="replace"))
    is_full = _NO_SPACE in reason or shutil.disk_usage(log.parent).free < _FULL_BELOW_BYTES
    remedy = f"{DISK_FULL} " if is_full else ""
    cause = "the disk is full" if is_full else reason
    return LocalError(f"{what}: {cause}.", remedy=remedy + log_hint(log))


def telling_line(text: str) -> str:
    """Return the last line of a log that names an error, or else its last line at all."""
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if any(word in line.lower() for word in _ERROR_WORDS)]
    return (errors or lines or ["it said nothing"])[-1][:_LONGEST_REASON]
