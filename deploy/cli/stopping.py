"""Commands that write files end alike by Ctrl+C and by the signal that ends a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: The exit code of what was stopped, as shells count it for Ctrl+C.
STOPPED = 130


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl+C does: with KeyboardInterrupt, its files removed.

    Signals reach the main thread alone: in another one nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Hand it over to whoever waits for Ctrl+C: an event loop first ends what it is doing."""
    signal.raise_signal(signal.SIGINT)
