"""What keeps an import from being done, and what keeps one row from becoming an event."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class ImportFailedError(ClosedLoopError):
    """The import cannot be done, or not go on: the file, the mapping or the server is at fault."""


class RowRefusedError(ClosedLoopError):
    """One row does not become an event. `field` is the event's field that is at fault."""

    def __init__(self, field: str, detail: str, *, remedy: str = "") -> None:
        super().__init__(detail, remedy=remedy)
        self.field = field
