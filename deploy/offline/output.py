"""Files that are there whole or not at all: written beside their place, renamed at the end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from deploy.offline.errors import OfflineError


class Outputs:
    """The files of one run. Unless `keep` was called, nothing of them is left behind.

    What stood in their places before stays until then. Raises OfflineError where something
    stands and `force` is not given.
    """

    def __init__(self, *, force: bool) -> None:
        self._force = force
        self._open: dict[Path, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for path, stream in self._open.items():
            with contextlib.suppress(OSError):  # a full disk has been complained of before
                stream.close()
            _beside(path).unlink(missing_ok=True)

    def check(self, path: Path) -> None:
        """Refuse a place that is taken."""
        if path.is_dir():
            raise OfflineError(f"{path} is a folder.", remedy="Name a file in it.")
        if path.exists() and not self._force:
            raise OfflineError(
                f"{path} exists already.", remedy="Choose another name, or replace it with --force."
            )

    def open(self, path: Path) -> BinaryIO:
        """Give a stream for what will stand at `path`."""
        self.check(path)
        self._open[path] = _beside(path).open("xb")
        return self._open[path]

    def keep(self) -> None:
        """Put every file in its place, those that were opened first at last."""
        for stream in self._open.values():
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
        for path in reversed(self._open):
            _beside(path).replace(path)
        self._open.clear()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")
