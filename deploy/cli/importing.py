"""`closedloop import`: feedback from a file, through the public ingest API."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.console import file_bar
from deploy.importing.checkpoint import checkpoint
from deploy.importing.client import IngestClient
from deploy.importing.engine import (
    ImportReport,
    Job,
    Observer,
    Rehearsal,
    rehearse,
    run_import,
)
from deploy.importing.errors import ImportFailedError
from deploy.importing.mapping import load_mapping
from shared.errors import ClosedLoopError

_ROWS_REFUSED = 1
_NOT_DONE = 2


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or JSON lines.")],
    mapping: Annotated[Path, typer.Option(help="Which column becomes which field (YAML).")],
    *,
    key: Annotated[
        str, typer.Option(envvar="CLOSEDLOOP_PUBLISHER_KEY", help="A publisher's key.")
    ] = "",
    url: Annotated[
        str, typer.Option(envvar="CLOSEDLOOP_PUBLIC_URL", help="Where closedloop runs.")
    ] = "http://localhost:8080",
    tenant: Annotated[
        str | None, typer.Option(help="Whose feedback it is, if the key should confirm it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert and show, send nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Import customer feedback from a file.

    Every row is accepted or refused; refused rows are written to FILE.rejected.jsonl with line,
    field and reason. An import that was stopped goes on where it was when the same command runs
    again, and importing a file twice adds nothing.

    Exit code: 0 every row accepted, 1 some refused, 2 the import could not be done.
    """
    try:
        job = Job(file=file, mapping=load_mapping(mapping), tenant=tenant)
        if dry_run:
            refused = _rehearsed(job, as_json=as_json)
        else:
            refused = _imported(job, mapping, url, key, as_json=as_json)
    except ClosedLoopError as error:
        raise _not_done(str(error)) from None
    except OSError as error:
        raise _not_done(f"Cannot use {error.filename or file}: {error.strerror}.") from None
    if refused:
        raise typer.Exit(_ROWS_REFUSED)


def _imported(job: Job, mapping: Path, url: str, key: str, *, as_json: bool) -> int:
    if not key:
        raise ImportFailedError(
            "A publisher key is needed.",
            remedy="Make one with closedloop publisher add and give it with --key"
            " or CLOSEDLOOP_PUBLISHER_KEY.",
        )
    started = time.monotonic()
    report = asyncio.run(_import(job, mapping, url, key))
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        outcome = {"file": str(job.file), **asdict(report), "seconds": seconds}
        typer.echo(json.dumps(outcome, default=str))
    else:
        _tell(job, report, seconds)
    return report.refused


async def _import(job: Job, mapping: Path, url: str, key: str) -> ImportReport:
    with checkpoint(job.file, mapping, url, job.tenant or "", key) as kept, _bar(job) as observe:
        settled = kept.load().rows
        if settled:
            typer.echo(
                f"Going on after row {settled:,} of an interrupted import."
                f" To start over, delete {kept.path}",
                err=True,
            )
        async with IngestClient.connect(url, key) as client:
            return await run_import(job, client, kept, observe)


def _tell(job: Job, report: ImportReport, seconds: float) -> None:
    typer.echo(
        f"{job.file.name}: {report.rows:,} rows = {report.accepted:,} accepted"
        f" + {report.refused:,} refused, in {seconds} s"
    )
    if report.rejected_file:
        typer.echo(f"Refused rows with the reasons: {report.rejected_file}")


def _rehearsed(job: Job, *, as_json: bool) -> int:
    with _bar(job) as observe:
        rehearsal = rehearse(job, observe)
    if as_json:
        outcome = {"file": str(job.file), "dry_run": True, **asdict(rehearsal)}
        typer.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        _show(job, rehearsal)
    return rehearsal.refused


def _show(job: Job, rehearsal: Rehearsal) -> None:
    for event in rehearsal.first_events:
        typer.echo(json.dumps(event, ensure_ascii=False, indent=2))
    for row in rehearsal.first_rejected:
        typer.echo(f"line {row.line}: {row.field or 'row'}: {row.reason}")
    typer.echo(
        f"{job.file.name}: {rehearsal.rows:,} rows = {rehearsal.accepted:,} to send"
        f" + {rehearsal.refused:,} refused. Nothing was sent."
    )


@contextmanager
def _bar(job: Job) -> Iterator[Observer]:
    """Show a bar over the file's bytes on a terminal, on stderr, and nothing elsewhere."""
    size = job.file.stat().st_size
    with file_bar(job.file.name, "refused") as (bar, task):
        yield lambda done, progress: bar.update(
            task,
            completed=done,
            total=size,
            rows=f"{progress.rows:,}",
            counted=f"{progress.refused:,}",
        )


def _not_done(reason: str) -> typer.Exit:
    typer.echo(f"closedloop import: {reason}", err=True)
    return typer.Exit(_NOT_DONE)
