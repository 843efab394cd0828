"""The rows of a file, one at a time, each with its line and, where it has one, its fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from deploy.importing.errors import ImportFailedError, RowRefusedError
from deploy.importing.mapping import FileSettings
from shared.ids import derived_id

_LARGEST_CELL = 1_048_576

#: Called with the names of a table's columns; raises where one is missing.
ColumnsCheck = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the line that it starts on (from 1), its cells by column, its content's own id.

    `fault` says why a row cannot be read; it has no cells then.
    """

    line: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    fault: str = ""

    def cell(self, column: str, place: str) -> str | None:
        """Return what stands in `column`, None where it is empty or absent.

        Raises RowRefusedError for `place` when the cell is not one value or not text.
        """
        value = self.cells.get(column)
        if value is None:
            return None
        if isinstance(value, (list, dict)):
            raise RowRefusedError(place, f"Column {column!r} holds more than one value.")
        text = (str(value).lower() if isinstance(value, bool) else str(value)).strip()
        if not _encodable(text):
            raise RowRefusedError(place, f"Column {column!r} holds half a character.")
        return text or None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """An open file: its rows, one at a time, and how much of it is read."""

    rows: Iterator[Row]
    stream: BinaryIO

    @property
    def position(self) -> int:
        """How many bytes are read, a buffer ahead of the rows."""
        return self.stream.tell()


@contextmanager
def open_rows(path: Path, settings: FileSettings, check_columns: ColumnsCheck) -> Iterator[RowFile]:
    """Open `path` to read its rows, of which no more than one is held at a time.

    `check_columns` is asked once, before a table's first row. Raises ImportFailedError, here or
    while reading, when the file as a whole cannot be read: it is not there, has no header, is
    in another encoding.
    """
    with _named(path, settings.encoding):
        stream = path.open("rb")
    with (
        stream,
        io.TextIOWrapper(stream, settings.encoding, errors="surrogateescape", newline="") as text,
    ):
        rows = _rows(text, path, settings, check_columns)
        yield RowFile(rows=_read(rows, path, settings.encoding), stream=stream)


def _read(rows: Iterator[Row], path: Path, encoding: str) -> Iterator[Row]:
    """Yield `rows`; only what goes wrong in reading them is the file's fault."""
    with _named(path, encoding):
        yield from rows


@contextmanager
def _named(path: Path, encoding: str) -> Iterator[None]:
    """Name the file in whatever keeps it from being read."""
    try:
        yield
    except UnicodeError as error:
        raise ImportFailedError(
            f"{path.name} is not in {encoding}: {error}.",
            remedy="Say its encoding in the mapping: file: {encoding: ...}.",
        ) from None
    except OSError as error:
        raise ImportFailedError(f"Cannot read {path}: {error.strerror}.") from None


def _rows(
    text: io.TextIOWrapper, path: Path, settings: FileSettings, check_columns: ColumnsCheck
) -> Iterator[Row]:
    kind = settings.format_of(path)
    if kind == "jsonl":
        return _json_rows(text)
    delimiter = settings.delimiter or ("\t" if kind == "tsv" else ",")
    return _table_rows(text, check_columns, delimiter)


def _table_rows(
    text: io.TextIOWrapper, check_columns: ColumnsCheck, delimiter: str
) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    header = _header(reader)
    check_columns(header)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line=line, fault=f"The row cannot be read: {error}.")
            continue
        if cells:
            yield _table_row(line, header, cells)


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise ImportFailedError(
            "The file is empty.", remedy="Its first line must name the columns."
        ) from None
    except csv.Error as error:
        raise ImportFailedError(f"The header cannot be read: {error}.") from None
    if not all(map(_encodable, header)):
        raise ImportFailedError(
            "The header holds bytes that are not in the file's encoding.",
            remedy="Say the encoding in the mapping, file: {encoding: ...}; or it is no text.",
        )
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise ImportFailedError(
            f"The header names {repeated[0]!r} more than once.",
            remedy="Give every column a name of its own.",
        )
    return header


def _table_row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        return Row(
            line=line, fault=f"The row has {len(cells)} cells, the header has {len(header)}."
        )
    if not all(map(_encodable, cells)):
        return Row(line=line, fault="The row holds bytes that are not in the file's encoding.")
    return Row(
        line=line,
        cells=dict(zip(header, cells, strict=True)),
        digest=str(derived_id("row", *cells)),
    )


def _json_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    for line, content in enumerate(text, start=1):
        if content.strip():
            yield _json_row(line, content.strip())


def _json_row(line: int, content: str) -> Row:
    if not _encodable(content):
        return Row(line=line, fault="The line holds bytes that are not in the file's encoding.")
    try:
        document = json.loads(content)
        if not isinstance(document, dict):
            return Row(line=line, fault="The line is JSON, but not an object.")
        cells = dict(_flat(document))
    except (ValueError, RecursionError) as error:
        return Row(line=line, fault=f"The line is not JSON: {error}.")
    return Row(line=line, cells=cells, digest=str(derived_id("row", content)))


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested objects under dotted names."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _encodable(text: str) -> bool:
    """Tell whether the text is whole: neither stray bytes nor half a surrogate pair in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
