"""`closedloop score`: a file of one's own scored on this machine, without any server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from deploy.cli.console import file_bar
from deploy.cli.file_options import (
    AsJson,
    Delimiter,
    Encoding,
    Force,
    TextColumn,
    TextFile,
    bad_option,
    program_of,
    settings_of,
)
from deploy.cli.stopping import STOPPED, stoppable
from deploy.importing.mapping import RatingSource
from deploy.offline.engine import Observer, score_file
from deploy.offline.errors import OfflineError
from deploy.offline.job import Job
from deploy.offline.report import Scored, share
from services.scoring.adapters.models import Target, load, target_of
from services.scoring.domain.text.linear import Model
from shared.clock import SystemClock
from shared.errors import ClosedLoopError
from shared.program.document import DEFAULT_SCALES

_ROWS_REFUSED = 1
_NOT_DONE = 2
_SHOWN = 6


def score(  # noqa: PLR0913  (the options of a command)
    file: TextFile,
    *,
    text_column: TextColumn,
    out: Annotated[
        Path, typer.Option(help="The result: .csv, .tsv, .jsonl or .parquet.", show_default=False)
    ],
    rating_column: Annotated[str | None, typer.Option(help="The column with the rating.")] = None,
    scale: Annotated[
        str | None, typer.Option(help="Its scale: nps, csat, ces, stars, thumbs or custom.")
    ] = None,
    minimum: Annotated[
        float | None, typer.Option(help="The lowest value of a custom scale.")
    ] = None,
    maximum: Annotated[float | None, typer.Option(help="The highest one.")] = None,
    program: Annotated[
        Path | None, typer.Option(help="The program that judges. Without it, a built-in one.")
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(help="A model of your own (closedloop train); again for the other target."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="A page with charts (HTML).")] = None,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = None,
    processes: Annotated[
        int, typer.Option(min=1, help="How many work.", show_default="one for each core")
    ] = len(os.sched_getaffinity(0)),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Score a file on this machine: language, theme, severity, flag and rule of every row.

    Needs no server and sends nothing anywhere. Every row of the file is in the result, in its
    order, with the columns that it had; rows that could not be judged have empty verdicts and
    are listed in OUT.errors.csv.

    Exit code: 0 done, 1 done and some rows refused, 2 not done (nothing is written then).
    """
    try:
        judging, built_in = program_of(program)
        job = Job(
            file=file,
            settings=settings_of(file, encoding, delimiter),
            text_column=text_column,
            rating=_rating(rating_column, scale, minimum, maximum),
            program=judging,
            built_in=built_in,
            out=out,
            report=report,
            force=force,
            processes=processes,
            own=_models(model or []),
        )
        with stoppable(), _bar(job) as observe:
            scored = score_file(job, SystemClock(), observe)
    except ClosedLoopError as error:
        raise _not_done(str(error)) from None
    except OSError as error:
        raise _not_done(f"Cannot use {error.filename or out}: {error.strerror}.") from None
    except KeyboardInterrupt:
        raise _not_done("Stopped. Nothing was written.", code=STOPPED) from None
    _tell(scored, as_json=as_json)
    if scored.tally.refused:
        raise typer.Exit(_ROWS_REFUSED)


def _rating(
    column: str | None, scale: str | None, minimum: float | None, maximum: float | None
) -> RatingSource | None:
    if column is None:
        if scale is not None:
            raise OfflineError("--scale needs --rating-column.", remedy="Name the column.")
        return None
    if scale not in DEFAULT_SCALES:
        said = "is not said" if scale is None else f"{scale!r} is not known"
        raise OfflineError(
            f"The scale of {column!r} {said}.",
            remedy=f"Give --scale with one of {', '.join(DEFAULT_SCALES)}.",
        )
    try:
        return RatingSource.model_validate(
            {"column": column, "scale": scale, "minimum": minimum, "maximum": maximum}
        )
    except ValidationError as error:
        raise bad_option(error) from None


def _models(paths: Sequence[Path]) -> dict[Target, Model]:
    own: dict[Target, Model] = {}
    for path in paths:
        model = load(path)
        target = target_of(model)
        if target in own:
            raise OfflineError(f"{path} is a second model of {target}.", remedy="Give one of each.")
        own[target] = model
    return own


@contextmanager
def _bar(job: Job) -> Iterator[Observer]:
    """Show a bar on a terminal, on stderr, and nothing elsewhere."""
    with file_bar(job.file.name, "flagged") as (bar, task):
        yield lambda done, size, tally: bar.update(
            task, completed=done, total=size, rows=f"{tally.rows:,}", counted=f"{tally.flagged:,}"
        )


def _tell(scored: Scored, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_object(scored), ensure_ascii=False))
        return
    job, tally = scored.job, scored.tally
    typer.echo(
        f"{job.file.name}: {tally.rows:,} rows = {tally.scored:,} scored + {tally.silent:,} that"
        f" say nothing + {tally.refused:,} refused, in {scored.seconds} s"
    )
    own = " (built in; your own: --program)" if job.built_in else ""
    typer.echo(f"  Program    {job.program.name}, version {job.program.version}{own}")
    for line in _told_models(job):
        typer.echo(f"  Model      {line}")
    flagged = f"{tally.flagged:,} of {tally.scored:,} ({share(tally.flagged, tally.scored)})"
    typer.echo(f"  Flagged    {flagged}")
    for name, counts in _shown_counts(scored).items():
        most = sorted(counts.items(), key=lambda item: (not item[0], -item[1]))
        shown = [f"{label or 'not told'} {n:,}" for label, n in most if label][:_SHOWN]
        untold = [f"not told {counts['']:,}"] if counts.get("") else []
        typer.echo(f"  {name:<10} {', '.join([*shown, *untold]) or 'none'}")
    _tell_places(scored)


def _told_models(job: Job) -> Iterator[str]:
    for target, model in job.own.items():
        yield f"{target} {model.version}, learnt from {model.origin.data}"
    for named, version in job.program.models:
        if version is not None and named not in job.own:
            yield f"{named} {version}, which the program names, was not given (--model)"


def _shown_counts(scored: Scored) -> dict[str, dict[str, int]]:
    tally = scored.tally
    return {
        "Severity": tally.severities,
        "Languages": tally.languages,
        "Sentiment": tally.sentiments,
        "Themes": tally.themes,
    }


def _tell_places(scored: Scored) -> None:
    job = scored.job
    typer.echo(f"Result: {job.out}")
    if job.report:
        typer.echo(f"Report: {job.report}")
    if scored.tally.refused:
        typer.echo(f"Refused rows with the reasons: {job.errors}")


def _as_object(scored: Scored) -> dict[str, Any]:
    job, tally = scored.job, scored.tally
    counters = ("languages", "sentiments", "themes", "causes", "categories", "severities", "rules")
    return {
        "file": str(job.file),
        "out": str(job.out),
        "report": str(job.report) if job.report else None,
        "errors": str(job.errors) if tally.refused else None,
        "program": {
            "name": job.program.name,
            "version": job.program.version,
            "built_in": job.built_in,
        },
        "models": {target: model.version for target, model in job.own.items()},
        "columns": list(scored.names),
        "rows": tally.rows,
        "scored": tally.scored,
        "silent": tally.silent,
        "refused": tally.refused,
        "flagged": tally.flagged,
        **{name: dict(getattr(tally, name).most_common()) for name in counters},
        "seconds": scored.seconds,
    }


def _not_done(reason: str, *, code: int = _NOT_DONE) -> typer.Exit:
    typer.echo(f"closedloop score: {reason}", err=True)
    return typer.Exit(code)
