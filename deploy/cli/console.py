"""What commands show: steps and lines on a terminal, plain lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console as RichConsole
from rich.console import RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from deploy.local.announce import Step

_WIDE = 240


def table_console() -> RichConsole:
    """Return a console for tables: as wide as the terminal, and uncut where a program reads."""
    console = RichConsole(highlight=False)
    return console if console.is_terminal else RichConsole(highlight=False, width=_WIDE)


@contextmanager
def file_bar(name: str, counted: str) -> Iterator[tuple[Progress, TaskID]]:
    """Show a bar for a file on a terminal, on stderr, and nothing elsewhere.

    It is updated with the texts `rows` and `counted`: how many rows, how many of them `counted`.
    """
    console = RichConsole(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{{task.fields[rows]}} rows, {{task.fields[counted]}} {counted}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task(name, total=None, rows="0", counted="0")


class Screen:
    """Shows steps and lines. With `as_json`, standard output is kept for one JSON value."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._as_json = as_json
        self._out = RichConsole(highlight=False, soft_wrap=True)
        self._notes = RichConsole(stderr=True, highlight=False, soft_wrap=True)
        self._shown = self._notes if as_json else self._out
        self._progress: Progress | None = None

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person looks at standard output."""
        return self._out.is_terminal and not self._as_json

    @contextmanager
    def steps(self) -> Iterator[None]:
        """Let the steps that run at this moment move, as long as the block runs."""
        if not self._shown.is_terminal:
            yield
            return
        columns = (
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._shown, transient=True) as progress:
            self._progress = progress
            try:
                yield
            finally:
                self._progress = None

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """Show that `what` begins; when the block ends well, that it is done, and how long."""
        began = time.monotonic()
        row = _Row(what, self._progress)
        try:
            yield row
            self._shown.print(
                f"  [green]✓[/] {what:<28} {time.monotonic() - began:5.1f} s  [dim]{row.detail}[/]"
            )
        finally:
            row.remove()

    def say(self, line: str) -> None:
        """Show one line that people should read."""
        self._shown.print(line, markup=False)

    def show(self, text: RenderableType) -> None:
        """Show what is for people, on standard output; nothing when that is kept for JSON."""
        if not self._as_json:
            self._out.print(text)

    def give(self, value: Mapping[str, Any]) -> None:
        """Give the command's result to the program that asked for JSON; nothing otherwise."""
        if self._as_json:
            self._out.print(json.dumps(value, ensure_ascii=False), markup=False)


class _Row:
    """One step on the screen; on anything but a terminal it is silent until it is done."""

    def __init__(self, what: str, progress: Progress | None) -> None:
        self._what = what
        self._progress = progress
        self.detail = ""
        self._task: TaskID | None = progress.add_task(what, total=None) if progress else None

    def update(self, detail: str) -> None:
        """Show how far the step has come."""
        self.detail = detail
        if self._progress and self._task is not None:
            self._progress.update(self._task, description=f"{self._what}  [dim]{detail}[/]")

    def remove(self) -> None:
        """Take the moving row away."""
        if self._progress and self._task is not None:
            self._progress.remove_task(self._task)
