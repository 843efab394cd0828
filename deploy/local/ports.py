"""Ports on the loopback interface: kept when they are free, replaced when they are not."""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextlib import closing

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with closing(socket.socket()) as attempt:
        # As servers do: an old connection that lingers does not make the port busy.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(wanted: int | None = None, *, taken: Collection[int] = ()) -> int:
    """Return `wanted` when it is free and not `taken`, otherwise a free port of the system's."""
    if wanted and wanted not in taken and is_free(wanted):
        return wanted
    while (port := _any_free()) in taken:
        pass
    return port


def _any_free() -> int:
    with closing(socket.socket()) as attempt:
        attempt.bind((LOOPBACK, 0))
        port: int = attempt.getsockname()[1]
        return port
