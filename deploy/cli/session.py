"""One running product: from the command that starts it to the signal that ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.cli.console import Screen
from deploy.local.place import Place, occupied
from deploy.local.stack import Stack, prepare
from deploy.local.wishes import Wishes

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A product that runs, and how many seconds its start took."""

    stack: Stack
    place: Place
    seconds: float


@contextlib.asynccontextmanager
async def session(folder: Path, wishes: Wishes, screen: Screen) -> AsyncIterator[Session]:
    """Have the product in `folder` running while the block runs.

    Raises LocalError, with nothing left running, when it cannot be started.
    """
    began = time.monotonic()
    with occupied(folder) as place:
        stack = await prepare(place, wishes, screen)
        try:
            with screen.steps():
                await stack.start()
            yield Session(stack=stack, place=place, seconds=time.monotonic() - began)
        finally:
            with screen.step("Stopping"):
                await stack.stop()


def run_until_stopped(main: Coroutine[Any, Any, None]) -> bool:
    """Run `main` until a signal asks to stop, and let it clean up.

    Tells whether it came to its own end before.
    """
    return asyncio.run(_stoppable(main))


async def _stoppable(main: Coroutine[Any, Any, None]) -> bool:
    task = asyncio.ensure_future(main)
    for number in _STOP_SIGNALS:
        # Only the first one counts: a second Ctrl+C must not interrupt the cleaning up.
        asyncio.get_running_loop().add_signal_handler(number, _cancel_once, task)
    with contextlib.suppress(asyncio.CancelledError):
        await task
        return True
    return False


def _cancel_once(task: asyncio.Future[None]) -> None:
    if isinstance(task, asyncio.Task) and not task.cancelling():
        task.cancel()
