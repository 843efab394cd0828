"""Trains a model on a file of labelled texts and writes it with its card: needs no server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.offline.errors import OfflineError
from deploy.offline.output import Outputs
from deploy.training.card import card
from deploy.training.history import History, HistoryFile, read_history
from deploy.training.labels import allowed_labels, check_enough, check_known
from deploy.training.making import Incumbent, train
from deploy.training.trained import Trained
from services.scoring.adapters.models import Target
from services.scoring.training.splitting import Labelled, by_digest, in_time
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What is to be learnt, and where the model goes.

    `program` knows the labels of themes, and judges beside the model; where it is `built_in`,
    any label will do.
    """

    wanted: HistoryFile
    target: Target
    program: Program
    built_in: bool
    out: Path
    force: bool

    @property
    def card(self) -> Path:
        """Where the card goes."""
        return self.out.with_suffix(".md")


def train_file(job: Training) -> tuple[History, Trained]:
    """Train the job's model and write it with its card; return what was read and made.

    Both are put in their places together at the end. Raises ClosedLoopError for what a person
    can remedy, OSError where a file can't be read or written.
    """
    _check_place(job.out)
    with Outputs(force=job.force) as outputs:
        for place in (job.out, job.card):
            outputs.check(place)
        history = read_history(job.wanted)
        trained = _train(job, history.labelled)
        outputs.open(job.out).write(trained.content)
        outputs.open(job.card).write(card(trained).encode())
        outputs.keep()
    return history, trained


def _check_place(out: Path) -> None:
    if out.suffix != ".npz":
        raise OfflineError(f"{out} does not end in .npz.", remedy="Choose a name that does.")
    if not out.parent.is_dir():
        raise OfflineError(f"There is no folder {out.parent}.", remedy="Make it, or name another.")


def _train(job: Training, labelled: tuple[Labelled, ...]) -> Trained:
    program = None if job.built_in else job.program
    allowed = allowed_labels(job.target, program)
    labels = [one.label for one in labelled]
    if allowed is not None:
        check_known(labels, job.target, allowed)
    parts = in_time(labelled) if job.wanted.time_column else by_digest(labelled)
    check_enough(labelled, parts)
    return train(
        parts,
        target=job.target,
        data=job.wanted.file.name,
        incumbent=Incumbent(program=job.program, own={}),
        compared=allowed is not None,
    )
