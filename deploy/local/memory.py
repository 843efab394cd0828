"""How much memory the parts take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import psutil

from deploy.local.processes import Identity

_LOOK_EVERY_S = 1.0
_HIGH_WATER_MARK = "VmHWM:"


def memory_mb(identity: Identity) -> float:
    """Return the memory of a process and its children in MB, what they share counted once.

    Zero when it has ended or may not be looked at.
    """
    process = identity.process()
    if process is None:
        return 0.0
    family = [process, *process.children(recursive=True)]
    return round(sum(map(_proportional_bytes, family)) / 1e6, 1)


def peak_mb(identity: Identity) -> float:
    """Return the most resident memory so far in MB: of one process as the kernel noted it.

    For a process with children it is what all of them take now, what they share counted once.
    """
    process = identity.process()
    if process is None:
        return 0.0
    if process.children():
        return memory_mb(identity)
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{identity.pid}/status").read_text().splitlines():
            if line.startswith(_HIGH_WATER_MARK):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    return 0.0


@contextlib.asynccontextmanager
async def peaks(members: Callable[[], Mapping[str, Identity]]) -> AsyncIterator[dict[str, float]]:
    """Keep the peak of each member in MB up to date while the block runs, restarts included."""
    highest: dict[str, float] = {}

    def look() -> None:
        for name, identity in members().items():
            highest[name] = max(highest.get(name, 0.0), peak_mb(identity))

    async def keep_looking() -> None:
        while True:
            await asyncio.to_thread(look)
            await asyncio.sleep(_LOOK_EVERY_S)

    looking = asyncio.create_task(keep_looking(), name="memory peaks")
    try:
        yield highest
        look()
    finally:
        looking.cancel()


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
