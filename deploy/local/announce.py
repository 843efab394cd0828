"""How a start speaks to people: in steps, with what is seen meanwhile, and in single lines."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Step(Protocol):
    """One step that takes a while."""

    def update(self, detail: str) -> None:
        """Show how far the step has come."""
        ...


class Announcer(Protocol):
    """Who shows steps and lines: a terminal, a log, nobody."""

    def step(self, what: str) -> AbstractContextManager[Step]:
        """Show that `what` begins, and how long it took when the block ends."""
        ...

    def say(self, line: str) -> None:
        """Show one line that people should read."""
        ...
