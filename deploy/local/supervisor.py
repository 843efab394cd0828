"""Keeps processes running: starts, watches, starts again with backoff, and stops them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import processes
from deploy.local.backoff import Backoff
from deploy.local.errors import LocalError, log_hint
from deploy.local.processes import Command, Identity, identity_of
from deploy.local.state import PartState

#: How long a part may take from its start until it is ready.
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process of the product: how it runs, where it logs, and how one sees that it is ready."""

    command: Command
    log: Path
    ready: Callable[[], Awaitable[None]]

    @property
    def name(self) -> str:
        """The name that people read."""
        return self.command.name


@dataclass(slots=True, kw_only=True)
class _Running:
    part: Part
    process: asyncio.subprocess.Process
    identity: Identity
    began: float
    backoff: Backoff = field(default_factory=Backoff)
    restarts: int = 0
    watch: asyncio.Task[None] | None = None


class Supervisor:
    """Looks after parts. `say` is told what people should know, `changed` each new state."""

    def __init__(
        self, *, say: Callable[[str], None], changed: Callable[[Mapping[str, PartState]], None]
    ) -> None:
        self._say = say
        self._changed = changed
        self._running: dict[str, _Running] = {}

    async def start(self, part: Part) -> None:
        """Start the part, wait until it is ready, and look after it from then on.

        Raises LocalError when it does not get ready; `stop` ends it nevertheless.
        """
        process = await processes.spawn(part.command, part.log)
        running = _Running(
            part=part,
            process=process,
            identity=identity_of(process.pid),
            began=time.monotonic(),
        )
        self._running[part.name] = running
        self._publish()
        await processes.until_ready(
            process, part.command, part.ready(), log=part.log, within_s=READY_WITHIN_S
        )
        running.watch = asyncio.create_task(self._watch(running), name=f"watch {part.name}")

    async def stop(self, names: Iterable[str]) -> None:
        """End the named parts, side by side; those that do not run are passed over."""
        leaving = [self._running[name] for name in names if name in self._running]
        for running in leaving:
            if running.watch:
                running.watch.cancel()
        await asyncio.gather(
            *(processes.stop(running.process, running.part.command) for running in leaving)
        )
        for running in leaving:
            del self._running[running.part.name]
        self._publish()

    async def _watch(self, running: _Running) -> None:
        while True:
            code = await running.process.wait()
            pause = running.backoff.pause_after(time.monotonic() - running.began)
            self._report_end(running, code, pause)
            self._publish()
            await asyncio.sleep(pause)
            with contextlib.suppress(LocalError):  # the next round says it: the process is ended
                running.process = await processes.spawn(running.part.command, running.part.log)
                running.identity = identity_of(running.process.pid)
            running.began = time.monotonic()
            running.restarts += 1
            self._publish()

    def _report_end(self, running: _Running, code: int, pause: float) -> None:
        line = (
            f"{running.part.name} {processes.how_it_ended(code)}; it starts again in {pause:.1f} s."
        )
        if running.backoff.is_failing:
            line += f" It keeps ending: {running.backoff.short_lives} times in a row."
        self._say(f"{line} {log_hint(running.part.log)}")

    def _publish(self) -> None:
        self._changed({name: _state_of(running) for name, running in self._running.items()})


def _state_of(running: _Running) -> PartState:
    return PartState(
        pid=running.identity.pid,
        started_at=running.identity.started_at,
        stop_signal=running.part.command.stop_signal,
        restarts=running.restarts,
        failing=running.backoff.is_failing,
    )
