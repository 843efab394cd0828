"""The rows of the file to be scored, in chunks, and the columns that it has."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, NamedTuple

from deploy.importing.mapping import no_such_column
from deploy.importing.rows import Row, RowFile, open_rows
from deploy.offline.errors import OfflineError
from deploy.offline.job import Wanted

#: Rows that one process takes at a time; fewer when they are long.
CHUNK_ROWS = 1000
_CHUNK_BYTES = 4 << 20
_BLOCK_BYTES = 1 << 20
_LOOKED_AT_BYTES = 8192
_ZIP = b"PK\x03\x04"
_LARGEST_WHOLE = 1 << 63

#: What a column holds as far as JSON tells it; the columns of CSV and TSV hold text.
Kind = Literal["text", "whole", "number", "truth"]


class Chunk(NamedTuple):
    """Consecutive rows; `first` is the number of the first of them, from 1.

    Of a Parquet file the rows have only the cells that are judged; `batch` has all of them.
    """

    first: int
    rows: Sequence[Row]
    batch: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that is being read: `position` tells how much of its `size` is.

    `schema` is that of a Parquet file.
    """

    columns: Mapping[str, Kind]
    chunks: Iterator[Chunk]
    size: int
    position: Callable[[], int]
    schema: Any = None


@contextmanager
def open_text(wanted: Wanted) -> Iterator[Source]:
    """Open a CSV, TSV or JSON lines file. Raises OfflineError or ImportFailedError.

    It is read once before, so that a file which can't be read to its end is not begun.
    """
    _refuse_other_than_text(wanted)
    columns: dict[str, Kind] = {}
    if wanted.settings.format_of(wanted.file) == "jsonl":
        columns |= _survey(wanted)
        check_columns(wanted, list(columns))

    def check(header: Sequence[str]) -> None:
        check_columns(wanted, header)
        columns.update(dict.fromkeys(header, "text"))

    with open_rows(wanted.file, wanted.settings, check) as file:
        first = next(file.rows, None)
        if first is None:
            raise OfflineError(f"{wanted.file.name} has no rows.", remedy="Give a file with some.")
        yield Source(
            columns=columns,
            chunks=_chunks(file, first),
            size=wanted.file.stat().st_size,
            position=lambda: file.position,
        )


def check_columns(wanted: Wanted, there: Sequence[str]) -> None:
    """Raise OfflineError when a column that an option names is not among those of the file."""
    for column in wanted.columns:
        if column not in there:
            error = no_such_column(wanted.option(column), column, list(there))
            raise OfflineError(error.detail, remedy=error.remedy + _delimiter_hint(there))


def _delimiter_hint(there: Sequence[str]) -> str:
    if len(there) == 1 and any(sign in there[0] for sign in ";\t|,"):
        return " If that is several, say what separates them with --delimiter."
    return ""


def _chunks(file: RowFile, first: Row) -> Iterator[Chunk]:
    number, begun, rows = 1, file.position, []
    for row in chain([first], file.rows):
        rows.append(row)
        if len(rows) == CHUNK_ROWS or file.position - begun > _CHUNK_BYTES:
            yield Chunk(number, rows)
            number, begun, rows = number + len(rows), file.position, []
    if rows:
        yield Chunk(number, rows)


def _survey(wanted: Wanted) -> dict[str, Kind]:
    """Read JSON lines once for their columns, in the order in which they first occur."""
    found: dict[str, Kind | None] = {}
    with open_rows(wanted.file, wanted.settings, lambda _: None) as file:
        for row in file.rows:
            for name, value in row.cells.items():
                found[name] = _common(found.get(name), _kind(value))
    if not found:
        raise OfflineError(
            f"No line of {wanted.file.name} is a JSON object.",
            remedy="JSON lines has one object on each line.",
        )
    return {name: kind or "text" for name, kind in found.items()}


def _kind(value: object) -> Kind | None:
    match value:
        case None:
            return None
        case bool():
            return "truth"
        case int():
            return "whole" if -_LARGEST_WHOLE <= value < _LARGEST_WHOLE else "text"
        case float():
            return "number"
        case _:
            return "text"


def _common(one: Kind | None, other: Kind | None) -> Kind | None:
    if one is None or other is None or one == other:
        return one or other
    return "number" if {one, other} == {"whole", "number"} else "text"


def _refuse_other_than_text(wanted: Wanted) -> None:
    """Raise OfflineError for a file that is empty, binary or in another encoding."""
    encoding = wanted.settings.encoding
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with wanted.file.open("rb") as stream:
        _refuse_binary(wanted, stream.peek(_LOOKED_AT_BYTES)[:_LOOKED_AT_BYTES])
        while True:
            block = stream.read(_BLOCK_BYTES)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # The decoder has kept what was left over of the block before.
                byte = read + len(block) - len(error.object) + error.start
                raise _wrong_encoding(wanted, byte, error.object[error.start]) from None
            except UnicodeError as error:
                raise OfflineError(
                    f"{wanted.file.name} is not in {encoding}: {error}.", remedy=_SAY_ENCODING
                ) from None
            if not block:
                return
            read += len(block)


def _refuse_binary(wanted: Wanted, start: bytes) -> None:
    if not start:
        raise OfflineError(f"{wanted.file.name} is empty.", remedy="Give a file with some rows.")
    if start.startswith(_ZIP):
        raise OfflineError(
            f"{wanted.file.name} is a workbook or a ZIP archive, not text.",
            remedy="Save the sheet as CSV in UTF-8.",
        )
    if b"\0" in start and wanted.settings.encoding == "utf-8-sig":
        raise OfflineError(
            f"{wanted.file.name} is not text: byte {start.index(0)} is 0.",
            remedy="Give CSV, TSV, JSON lines or Parquet; for UTF-16 say --encoding utf-16.",
        )


_SAY_ENCODING = "Save it as UTF-8, or say its encoding, such as --encoding cp1252."


def _wrong_encoding(wanted: Wanted, byte: int, value: int) -> OfflineError:
    name = "UTF-8" if wanted.settings.encoding == "utf-8-sig" else wanted.settings.encoding
    return OfflineError(
        f"{wanted.file.name} is not {name}: byte {byte:,} (0x{value:02x}).", remedy=_SAY_ENCODING
    )
