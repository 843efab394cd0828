"""FILE.rejected.jsonl: the rows that were refused, with line, field and reason."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A refused row: the line that it starts on, the event's field at fault, the reason."""

    line: int
    field: str
    reason: str


class RejectedRows:
    """The file of refused rows of one import; it is there only when a row was refused.

    A resumed import continues it at `kept_bytes`: what an import that was killed wrote beyond
    its checkpoint is written again.
    """

    def __init__(self, imported: Path, *, kept_bytes: int) -> None:
        self.path = imported.with_name(imported.name + ".rejected.jsonl")
        self._kept_bytes = kept_bytes
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._kept_bytes and self.path.exists():
            self._stream = self.path.open("r+b")
            self._stream.truncate(self._kept_bytes)
            self._stream.seek(0, 2)
        else:
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._stream:
            self._stream.close()

    def add(self, rows: list[RejectedRow]) -> int:
        """Write `rows` down; return the length of the file in bytes."""
        if not rows and not self._stream:
            return 0
        if not self._stream:
            self._stream = self.path.open("wb")
        for row in rows:
            self._stream.write(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n")
        self._stream.flush()
        return self._stream.tell()
