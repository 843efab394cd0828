"""An import from beginning to end: read, convert, send, keep account of every row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from deploy.importing.checkpoint import Checkpoint, Progress
from deploy.importing.client import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, IngestClient
from deploy.importing.convert import convert, encoded
from deploy.importing.errors import RowRefusedError
from deploy.importing.mapping import ImportMapping
from deploy.importing.rejected import RejectedRow, RejectedRows
from deploy.importing.rows import Row, open_rows

#: Called with how much of the file is settled, in bytes, and the progress so far.
Observer = Callable[[int, Progress], None]

_SHOWN_EVENTS = 3
_SHOWN_REJECTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be imported. Without `tenant` the publisher's key decides it."""

    file: Path
    mapping: ImportMapping
    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did: `rows` = `accepted` + `refused`.

    `resumed_at` counts the rows that an earlier, interrupted run had settled (they are in the
    sums). `rejected_file` is there when a row was refused.
    """

    rows: int
    accepted: int
    refused: int
    resumed_at: int
    rejected_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What an import would do, with the first events and the first refused rows to look at."""

    rows: int
    accepted: int
    refused: int
    first_events: list[dict[str, Any]]
    first_rejected: list[RejectedRow]


@dataclass(slots=True)
class _Chunk:
    """Some consecutive rows: the events that they became and those that became none."""

    rows: int = 0
    lines: list[int] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        return self.rows >= MAX_BATCH_EVENTS or self.size >= MAX_BATCH_BYTES

    def take(self, row: Row, job: Job) -> None:
        """Add a row."""
        self.rows += 1
        try:
            event = encoded(convert(row, job.mapping, tenant=job.tenant))
        except RowRefusedError as refused:
            self.rejected.append(
                RejectedRow(line=row.line, field=refused.field, reason=str(refused))
            )
            return
        self.lines.append(row.line)
        self.events.append(event)
        self.size += len(event)


async def run_import(
    job: Job, client: IngestClient, checkpoint: Checkpoint, observe: Observer
) -> ImportReport:
    """Import the job's file, from where an interrupted import of it stopped.

    After each batch the progress is kept; a batch that was sent and not yet kept when the
    import was killed is sent again, under the same ids, which adds nothing. Raises
    ImportFailedError when it cannot go on; what is settled stays settled.
    """
    progress = checkpoint.load()
    resumed_at = progress.rows
    with (
        open_rows(job.file, job.mapping.file, job.mapping.check_columns) as file,
        RejectedRows(job.file, kept_bytes=progress.rejected_bytes) as rejected,
    ):
        for chunk in _chunks(islice(file.rows, resumed_at, None), job):
            refused = await _sent(chunk, client)
            progress = _advanced(progress, chunk, refused, rejected.add(refused))
            checkpoint.save(progress)
            observe(file.position, progress)
    checkpoint.forget()
    return ImportReport(
        rows=progress.rows,
        accepted=progress.accepted,
        refused=progress.refused,
        resumed_at=resumed_at,
        rejected_file=rejected.path if progress.refused else None,
    )


def rehearse(job: Job, observe: Observer) -> Rehearsal:
    """Convert every row and send nothing. Raises ImportFailedError when it cannot be done."""
    progress = Progress()
    events: list[dict[str, Any]] = []
    rejected: list[RejectedRow] = []
    with open_rows(job.file, job.mapping.file, job.mapping.check_columns) as file:
        for chunk in _chunks(file.rows, job):
            events += map(json.loads, chunk.events[: _SHOWN_EVENTS - len(events)])
            rejected += chunk.rejected[: _SHOWN_REJECTED - len(rejected)]
            progress = _advanced(progress, chunk, chunk.rejected, 0)
            observe(file.position, progress)
    return Rehearsal(
        rows=progress.rows,
        accepted=progress.accepted,
        refused=progress.refused,
        first_events=events,
        first_rejected=rejected,
    )


def _chunks(rows: Iterator[Row], job: Job) -> Iterator[_Chunk]:
    chunk = _Chunk()
    for row in rows:
        chunk.take(row, job)
        if chunk.full:
            yield chunk
            chunk = _Chunk()
    if chunk.rows:
        yield chunk


async def _sent(chunk: _Chunk, client: IngestClient) -> list[RejectedRow]:
    """Send the chunk's events; return its refused rows in the order of their lines."""
    verdicts = await client.send(chunk.events) if chunk.events else []
    refused = [
        RejectedRow(line=line, field=verdict.field, reason=verdict.detail)
        for line, verdict in zip(chunk.lines, verdicts, strict=True)
        if verdict is not None
    ]
    return sorted([*chunk.rejected, *refused], key=lambda row: row.line)


def _advanced(
    progress: Progress, chunk: _Chunk, refused: list[RejectedRow], rejected_bytes: int
) -> Progress:
    return Progress(
        rows=progress.rows + chunk.rows,
        accepted=progress.accepted + chunk.rows - len(refused),
        refused=progress.refused + len(refused),
        rejected_bytes=rejected_bytes,
    )
