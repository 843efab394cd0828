"""Parquet in and out, by pyarrow, which only those wait for who use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from deploy.importing.rows import Row
from deploy.offline.errors import OfflineError
from deploy.offline.job import Wanted
from deploy.offline.source import CHUNK_ROWS, Chunk, Kind, Source, check_columns
from deploy.offline.text import as_text, to_utf8
from deploy.offline.verdicts import Verdict

#: Rows that are held back until they are written together: readers like large groups.
_GROUP_ROWS = 50_000

_TYPES: Mapping[Kind, Any] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "truth": pa.bool_(),
}
_VERDICT_TYPES: Mapping[str, Any] = {
    "sentiment_probability": pa.float64(),
    "theme_probability": pa.float64(),
    "flagged": pa.bool_(),
    "program_version": pa.int64(),
}


@contextmanager
def open_parquet(wanted: Wanted) -> Iterator[Source]:
    """Open a Parquet file. Raises OfflineError, here or while reading, when it is none, is
    broken or lacks a column."""
    with _read_as_parquet(wanted):
        file = pq.ParquetFile(wanted.file)
    with file:
        yield _source(wanted, file)


def _source(wanted: Wanted, file: Any) -> Source:  # noqa: ANN401  (pyarrow has no types)
    schema = file.schema_arrow
    check_columns(wanted, schema.names)
    size = file.metadata.num_rows
    if size == 0:
        raise OfflineError(f"{wanted.file.name} has no rows.", remedy="Give a file with some.")
    done = [0]
    return Source(
        columns=dict.fromkeys(schema.names, "text"),
        chunks=_chunks(wanted, file, done),
        size=size,
        position=lambda: done[0],
        schema=schema,
    )


def _chunks(wanted: Wanted, file: Any, done: list[int]) -> Iterator[Chunk]:  # noqa: ANN401
    with _read_as_parquet(wanted):
        for batch in file.iter_batches(batch_size=CHUNK_ROWS):
            cells = [_values(batch.column(name)) for name in wanted.columns]
            rows = [
                Row(line=line, cells=dict(zip(wanted.columns, values, strict=True)))
                for line, values in enumerate(zip(*cells, strict=True), start=done[0] + 1)
            ]
            yield Chunk(done[0] + 1, rows, batch)
            done[0] += len(rows)


@contextmanager
def _read_as_parquet(wanted: Wanted) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the file is not there, or not ours to read
        reason = str(error).splitlines()[0].rstrip(".")
        raise OfflineError(f"{wanted.file.name} cannot be read as Parquet: {reason}.") from None


def cells_of_batch(chunk: Chunk) -> Sequence[Mapping[str, Any]]:
    """Return the cells of each row of a chunk that was read from Parquet."""
    whole = pa.schema([field.with_type(_readable(field.type)) for field in chunk.batch.schema])
    cells: list[dict[str, Any]] = chunk.batch.cast(whole, safe=False).to_pylist()
    return cells


def _values(column: Any) -> list[Any]:  # noqa: ANN401
    values: list[Any] = column.cast(_readable(column.type), safe=False).to_pylist()
    return values


def _readable(kind: Any) -> Any:  # noqa: ANN401
    """Return the type in which Python can hold what is of `kind`: it counts no nanoseconds."""
    return pa.timestamp("us", tz=kind.tz) if pa.types.is_timestamp(kind) else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetEncoder:
    """Makes Arrow tables of rows: the columns of a Parquet file keep their types.

    `schema` is of the columns that were read, without those added.
    """

    columns: Mapping[str, Kind]
    added: Sequence[str]
    schema: Any = None

    def whole_schema(self) -> Any:  # noqa: ANN401
        """Return the schema of what is written."""
        read = self.schema or [(name, _TYPES[kind]) for name, kind in self.columns.items()]
        return pa.schema([*read, *zip(self.added, _verdict_types(), strict=True)])

    def encode(self, chunk: Chunk, verdicts: Sequence[Verdict]) -> Any:  # noqa: ANN401
        """Return a table of the chunk's rows, each with its verdict."""
        read = list(chunk.batch.columns) if chunk.batch is not None else self._read(chunk)
        given = zip(*verdicts, strict=True)
        told = [pa.array(cells, kind) for cells, kind in zip(given, _verdict_types(), strict=True)]
        return pa.Table.from_arrays([*read, *told], schema=self.whole_schema())

    def _read(self, chunk: Chunk) -> list[Any]:
        return [
            pa.array([_as(kind, row.cells.get(name)) for row in chunk.rows], _TYPES[kind])
            for name, kind in self.columns.items()
        ]


class ParquetSink:
    """Takes tables, in order, and writes them in groups of rows."""

    def __init__(self, stream: BinaryIO, schema: Any) -> None:  # noqa: ANN401
        self._writer = pq.ParquetWriter(stream, schema)
        self._held: list[Any] = []

    def write(self, payload: Any) -> None:  # noqa: ANN401
        """Take the table that was made of the next chunk."""
        self._held.append(payload)
        if sum(table.num_rows for table in self._held) >= _GROUP_ROWS:
            self._write_held()

    def close(self) -> None:
        """Write what is still held, and the file's end."""
        if self._held:
            self._write_held()
        self._writer.close()

    def _write_held(self) -> None:
        self._writer.write_table(pa.concat_tables(self._held))
        self._held.clear()


def _verdict_types() -> list[Any]:
    return [_VERDICT_TYPES.get(name, pa.string()) for name in Verdict._fields]


def _as(kind: Kind, value: object) -> object:
    if value is None or kind != "text":
        return value
    return to_utf8(as_text(value)).decode()
