"""`closedloop train`: a model of one's own from labelled history, without any server."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from deploy.cli.file_options import (
    AsJson,
    Delimiter,
    Encoding,
    Force,
    TextColumn,
    TextFile,
    program_of,
    settings_of,
)
from deploy.cli.trained import as_object, lines
from deploy.training.errors import TrainError
from deploy.training.history import History, HistoryFile
from deploy.training.trained import Trained
from services.scoring.adapters.models import Target

if TYPE_CHECKING:
    from deploy.training.from_file import Training

_KB = 1000


def train(  # noqa: PLR0913  (the options of a command)
    file: TextFile,
    *,
    text_column: TextColumn,
    label_column: Annotated[str, typer.Option(help="The column with what they were labelled.")],
    target: Annotated[
        Target,
        typer.Option(help="sentiment (negative, neutral, positive) or theme (what went wrong)."),
    ],
    out: Annotated[Path, typer.Option(help="The model: a name that ends in .npz.")],
    time_column: Annotated[
        str | None, typer.Option(help="When it was said: the later fifth is judged by.")
    ] = None,
    program: Annotated[
        Path | None, typer.Option(help="The program whose themes the labels are.")
    ] = None,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on labelled texts, measure it on later ones, write it with its card.

    Needs no server and sends nothing anywhere. The same file gives the same model, to the byte.
    """
    need_scikit_learn()
    from deploy.training.from_file import Training, train_file  # noqa: PLC0415  (scikit-learn)

    try:
        judging, built_in = program_of(program)
        job = Training(
            wanted=HistoryFile(
                file=file,
                settings=settings_of(file, encoding, delimiter),
                text_column=text_column,
                label_column=label_column,
                time_column=time_column,
            ),
            target=target,
            program=judging,
            built_in=built_in,
            out=out,
            force=force,
        )
        with Console(stderr=True).status("Learning …"):
            history, trained = train_file(job)
    except OSError as error:
        raise TrainError(f"Cannot use {error.filename or out}: {error.strerror}.") from None
    _tell(job, history, trained, as_json=as_json)


def need_scikit_learn() -> None:
    """Raise TrainError when what trains models is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        raise TrainError(
            "Training needs the package scikit-learn, which is not installed.",
            remedy="Install the extra `local`, or train on another machine.",
        )


def _tell(job: Training, history: History, trained: Trained, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_object(job, history, trained), ensure_ascii=False))
        return
    typer.echo(
        f"{job.wanted.file.name}: {history.rows:,} rows = {len(history.labelled):,} labelled"
        f" + {history.silent:,} without words + {history.unlabelled:,} without a label"
        f" + {history.refused:,} refused"
    )
    if history.refusal:
        typer.echo(f"  Refused      the first, {history.refusal}")
    for line in lines(trained):
        typer.echo(line)
    size = f"{len(trained.content) // _KB:,} kB"
    typer.echo(f"Model: {job.out} ({trained.target} {trained.model.version}, {size})")
    typer.echo(f"Card:  {job.card}")


def _as_object(job: Training, history: History, trained: Trained) -> dict[str, Any]:
    return {
        "file": str(job.wanted.file),
        "out": str(job.out),
        "card": str(job.card),
        "rows": history.rows,
        "labelled": len(history.labelled),
        "silent": history.silent,
        "unlabelled": history.unlabelled,
        "refused": history.refused,
        **as_object(trained),
    }
