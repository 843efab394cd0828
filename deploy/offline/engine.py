"""Scores a file from beginning to end: reads, judges, writes, and keeps account of every row."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Protocol

from deploy.importing.errors import RowRefusedError
from deploy.offline.errors import OfflineError
from deploy.offline.job import Job, format_of
from deploy.offline.opening import open_source, parquet_module
from deploy.offline.output import Outputs
from deploy.offline.processes import mapped
from deploy.offline.report import Scored, report_page
from deploy.offline.source import Chunk, Source
from deploy.offline.tally import Tally
from deploy.offline.text import BytesSink, LinesEncoder, TableEncoder, cells_of_rows, to_utf8
from deploy.offline.verdicts import RowScorer, Verdict
from services.scoring.judges import open_judges
from shared.clock import Clock
from shared.spreadsheets import harmless

#: Called with how much of the file is done, of how much, and the counts so far.
Observer = Callable[[int, int, Tally], None]

_UNTOLD = Verdict()


class RefusedRow(NamedTuple):
    """A row that got no verdict: its number from 1, its line, the field at fault, the reason."""

    row: int
    line: int
    field: str
    reason: str


class ScoredChunk(NamedTuple):
    """What became of a chunk; `payload` is as the encoder made it."""

    payload: Any
    refused: Sequence[RefusedRow]
    tally: Tally


class Encoder(Protocol):
    """Puts rows and their verdicts into the form in which they are written."""

    def encode(self, chunk: Chunk, verdicts: Sequence[Verdict]) -> Any:  # noqa: ANN401
        """Return what the sink of the same format takes."""
        ...


class Sink(Protocol):
    """Takes the encoded chunks in order."""

    def write(self, payload: Any) -> None:  # noqa: ANN401
        """Write what was made of the next chunk."""
        ...

    def close(self) -> None:
        """Write what is still held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a process makes its scorer: handed over as it is, so that it can be sent."""

    job: Job
    encoder: Encoder

    def __call__(self) -> Callable[[Chunk], ScoredChunk]:
        """Compile the program, open its judges; return the function that scores chunks."""
        job = self.job
        scorer = RowScorer(
            job.program, open_judges(job.program, job.own), job.text_column, job.rating
        )
        return lambda chunk: score_chunk(scorer, self.encoder, chunk)


def score_chunk(scorer: RowScorer, encoder: Encoder, chunk: Chunk) -> ScoredChunk:
    """Score each row of a chunk; a refused or a silent one is kept with an empty verdict."""
    tally, refused, verdicts = Tally(), [], []
    for number, row in enumerate(chunk.rows, start=chunk.first):
        verdict = _UNTOLD
        try:
            judged = scorer.score(row)
        except RowRefusedError as error:
            refused.append(RefusedRow(number, row.line, error.field, str(error)))
            tally.add_refused()
        else:
            if judged is None:
                tally.add_silent()
            else:
                tally.add(number, judged)
                verdict = judged.verdict
        verdicts.append(verdict)
    return ScoredChunk(encoder.encode(chunk, verdicts), refused, tally)


def score_file(job: Job, clock: Clock, observe: Observer) -> Scored:
    """Score the job's file; return what was counted.

    The result, the list of refused rows (where there are any) and the report are put in their
    places together at the end; before that nothing is there. Raises ClosedLoopError for what a
    person can remedy, OSError where a file can't be read or written.
    """
    began = time.monotonic()
    with Outputs(force=job.force) as outputs, open_source(job) as source:
        _check_places(job, outputs)
        tally, names = _score_rows(job, source, outputs, observe)
        scored = Scored(
            job=job,
            tally=tally,
            names=names,
            seconds=round(time.monotonic() - began, 1),
            at=clock.now(),
        )
        if job.report:
            outputs.open(job.report).write(to_utf8(report_page(scored)))
        if not tally.refused:
            job.errors.unlink(missing_ok=True)
        outputs.keep()
    return scored


def _score_rows(
    job: Job, source: Source, outputs: Outputs, observe: Observer
) -> tuple[Tally, Sequence[str]]:
    tally = Tally()
    names = added_names(list(source.columns))
    encoder, open_sink = _encoding(job, source, names)
    making = Making(job=job, encoder=encoder)
    with (
        closing(open_sink(outputs.open(job.out))) as sink,
        _errors(job, outputs) as list_refused,
        closing(mapped(making, source.chunks, job.processes)) as chunks,
    ):
        for chunk in chunks:
            sink.write(chunk.payload)
            list_refused(chunk.refused)
            tally.merge(chunk.tally)
            observe(source.position(), source.size, tally)
    return tally, names


def added_names(columns: Sequence[str]) -> list[str]:
    """Return the names of the columns that are added; one that is taken gets `_scored` behind."""
    names = []
    for name in Verdict._fields:
        while name in columns:
            name += "_scored"  # noqa: PLW2901  (until it is free)
        names.append(name)
    return names


def _check_places(job: Job, outputs: Outputs) -> None:
    places = [job.out, job.errors, *([job.report] if job.report else [])]
    for place in places:
        if place.resolve() == job.file.resolve():
            raise OfflineError(f"{place} is the file that is read.", remedy="Choose another name.")
        outputs.check(place)
    if len({place.resolve() for place in places}) < len(places):
        raise OfflineError("The result and the report have one name.", remedy="Choose another.")


def _encoding(
    job: Job, source: Source, names: Sequence[str]
) -> tuple[Encoder, Callable[[BinaryIO], Sink]]:
    """Return who encodes and who writes in the format that the result's name tells."""
    form = format_of(job.out)
    if form == "parquet":
        parquet = parquet_module()
        whole = parquet.ParquetEncoder(columns=source.columns, added=names, schema=source.schema)
        return whole, lambda stream: parquet.ParquetSink(stream, whole.whole_schema())
    cells = cells_of_rows if source.schema is None else parquet_module().cells_of_batch
    if form == "jsonl":
        encoder: LinesEncoder | TableEncoder = LinesEncoder(added=names, cells=cells)
    else:
        encoder = TableEncoder(
            columns=list(source.columns),
            added=names,
            delimiter="\t" if form == "tsv" else ",",
            cells=cells,
        )
    return encoder, lambda stream: BytesSink(stream, encoder.head())


@contextmanager
def _errors(job: Job, outputs: Outputs) -> Iterator[Callable[[Sequence[RefusedRow]], None]]:
    """Give a function that lists refused rows; the list is begun with the first of them."""
    streams: list[BinaryIO] = []

    def listed(refused: Sequence[RefusedRow]) -> None:
        if refused and not streams:
            streams.append(outputs.open(job.errors))
            streams[0].write(_table([RefusedRow._fields]))
        if refused:
            streams[0].write(_table(refused))

    yield listed


def _table(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[harmless(str(cell)) for cell in row] for row in rows])
    return to_utf8(text.getvalue())
