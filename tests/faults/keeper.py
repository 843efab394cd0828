"""Keeps worker processes running as a supervisor would, so that a test may kill them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def environment(settings: Settings, slot: int) -> Mapping[str, str]:
    """Return the environment that gives a process these settings."""
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "CLOSEDLOOP_TOPIC_PREFIX": settings.topic_prefix,
        "CLOSEDLOOP_SECRET": settings.secret,
        "CLOSEDLOOP_SLOT": str(slot),
    }


@dataclass
class Kept:
    """One worker: started again whenever it ends, until it is let go."""

    module: str
    slot: int
    settings: Settings
    logs: Path
    kills: int = 0
    exits: list[int] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the worker and keep it running."""
        self._process = await self._spawn()
        self._task = asyncio.create_task(self._keep())

    def kill(self) -> None:
        """End the process with SIGKILL, wherever it is."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self.kills += 1

    async def let_go(self) -> None:
        """End the worker in order and do not start it again."""
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            self.exits.append(await self._process.wait())

    async def _keep(self) -> None:
        while self._process is not None:
            self.exits.append(await self._process.wait())
            self._process = await self._spawn()

    async def _spawn(self) -> asyncio.subprocess.Process:
        with (self.logs / f"{self.module}-{self.slot}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                cwd=ROOT,
                env=environment(self.settings, self.slot),
                stdout=log,
                stderr=log,
            )


@contextlib.asynccontextmanager
async def kept(
    module: str, settings: Settings, logs: Path, *, slot: int = 0
) -> AsyncIterator[Kept]:
    """Keep one worker running while the block runs."""
    worker = Kept(module, slot, settings, logs)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.let_go()
