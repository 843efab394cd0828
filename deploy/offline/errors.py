"""What keeps a file from being scored."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class OfflineError(ClosedLoopError):
    """The file cannot be scored: the file, an option or the place for the result is at fault."""
