"""What can go wrong when the product starts on one machine."""

from __future__ import annotations

import errno
from pathlib import Path

from shared.errors import ClosedLoopError

DISK_FULL = "Free some space on that disk, then start again."
_NO_PERMISSION = "Give the user who runs closedloop the right to write there, or pass --data DIR."


class LocalError(ClosedLoopError):
    """The product could not be started, or a part of it could not be kept running."""


def from_os_error(error: OSError, doing: str, *, remedy: str = "") -> LocalError:
    """Return the one line that explains what the operating system refused.

    `doing` is what was tried, as in "write the jars"; `remedy` serves where the errno has none.
    """
    where = f" {error.filename}" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return LocalError(f"The disk is full: cannot {doing}{where}.", remedy=DISK_FULL)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return LocalError(f"No permission to {doing}{where}.", remedy=_NO_PERMISSION)
    reason = error.strerror or str(error)
    return LocalError(f"Cannot {doing}{where}: {reason}.", remedy=remedy)


def log_hint(log: Path) -> str:
    """Return where to read on, as a sentence."""
    return f"Its log is {log}."
