"""Scored rows as CSV, TSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from deploy.offline.source import Chunk
from deploy.offline.verdicts import Verdict
from shared.spreadsheets import harmless

#: How the cells of a chunk are had, where it is not its rows that have them.
Cells = Callable[[Chunk], Sequence[Mapping[str, Any]]]


def cells_of_rows(chunk: Chunk) -> Sequence[Mapping[str, Any]]:
    """Return the cells of each row; a row that can't be read has none."""
    return [row.cells for row in chunk.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEncoder:
    """Writes rows as CSV after RFC 4180, or with another delimiter; no cell is a formula."""

    columns: Sequence[str]
    added: Sequence[str]
    delimiter: str
    cells: Cells = cells_of_rows

    def head(self) -> bytes:
        """Return what stands before the rows: the names of the columns."""
        return self._written([[*self.columns, *self.added]])

    def encode(self, chunk: Chunk, verdicts: Sequence[Verdict]) -> bytes:
        """Return the chunk's rows, each with its verdict."""
        return self._written(
            [
                [_in_table(cells.get(name)) for name in self.columns]
                + list(map(_in_table, verdict))
                for cells, verdict in zip(self.cells(chunk), verdicts, strict=True)
            ]
        )

    def _written(self, rows: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter)
        writer.writerows([list(map(harmless, row)) for row in rows])
        return to_utf8(text.getvalue())


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesEncoder:
    """Writes rows as JSON lines: an object each, cells that are absent left out."""

    added: Sequence[str]
    cells: Cells = cells_of_rows

    def head(self) -> bytes:
        """Return what stands before the rows: nothing."""
        return b""

    def encode(self, chunk: Chunk, verdicts: Sequence[Verdict]) -> bytes:
        """Return the chunk's rows, each with its verdict."""
        lines = [
            _json({**cells, **dict(zip(self.added, verdict, strict=True))})
            for cells, verdict in zip(self.cells(chunk), verdicts, strict=True)
        ]
        return to_utf8("".join([line + "\n" for line in lines]))


class BytesSink:
    """Takes what an encoder made, in order, and writes it down."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        stream.write(head)

    def write(self, payload: bytes) -> None:
        """Write what was made of the next chunk."""
        self._stream.write(payload)

    def close(self) -> None:
        """Write what is still held."""
        self._stream.flush()


def as_text(value: object) -> str:
    """Return a value of JSON or Parquet as the text that a cell of a table holds."""
    if isinstance(value, str):
        return value
    return _json(value) if isinstance(value, (bool, list, dict)) else str(value)


def to_utf8(text: str) -> bytes:
    r"""Encode `text`; half a surrogate pair becomes its escape, such as \ud83d."""
    return text.encode("utf-8", "backslashreplace")


def _in_table(value: object) -> str:
    return "" if value is None else as_text(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
