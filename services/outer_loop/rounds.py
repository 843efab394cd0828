"""What a process of the outer loop does again and again, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS

log = structlog.get_logger()


async def make_rounds(
    make_round: Callable[[], Awaitable[object]], each_s: float, stop: asyncio.Event
) -> None:
    """Make a round every `each_s` seconds until `stop` is set; one under way is finished."""
    while not stop.is_set():
        try:
            await make_round()
        except (TransientError, *TRANSIENT_ERRORS) as error:
            log.warning("waits for a server", error=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), each_s)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` when the process is asked to end."""
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
