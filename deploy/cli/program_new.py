"""`closedloop program new`: a program to start from, for a branch of business."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from shared.errors import ClosedLoopError
from shared.program.schema import SCHEMA_FILE
from shared.program.starting import BRANCHES, starter

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def new(
    branch: Annotated[str, typer.Argument(help=f"One of {', '.join(BRANCHES)}.")],
    tenant: Annotated[str, typer.Option(help="Whose program it becomes.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write, with the schema for editors beside it."),
    ] = None,
) -> None:
    """Write a program to start from: teams, rules in eight languages, taxonomy, deadlines."""
    if branch not in BRANCHES:
        raise ClosedLoopError(
            f"There is no starter {branch!r}.", remedy=f"Choose from {', '.join(BRANCHES)}."
        )
    if not _TENANT.fullmatch(tenant):
        raise ClosedLoopError(
            f"--tenant: {tenant!r} can't be a tenant.",
            remedy="Use small letters, digits, - and _, a letter or digit first.",
        )
    document = starter(branch, tenant=tenant)
    if out is None:
        typer.echo(document, nl=False)
        return
    _write(out, document)
    typer.echo(
        f"{out} is a start for {tenant}; {SCHEMA_FILE.name} beside it helps your editor.\n"
        f"Put your people and touchpoints in, then: closedloop program check {out}"
    )


def _write(out: Path, document: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(document)
        out.with_name(SCHEMA_FILE.name).write_bytes(SCHEMA_FILE.read_bytes())
    except FileExistsError as error:
        raise ClosedLoopError(
            f"{out} is there already.", remedy="Name another file, or move it away."
        ) from error
    except OSError as error:
        raise ClosedLoopError(f"{out}: {error.strerror}.", remedy="Check the name.") from error
