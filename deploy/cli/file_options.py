"""What commands share that read a file of texts: how it is written, and which program judges."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from deploy.importing.mapping import FileSettings
from deploy.offline.errors import OfflineError
from deploy.offline.job import format_of
from shared.program.document import Program
from shared.program.loading import ProgramError, read_program

TextFile = Annotated[Path, typer.Argument(help="CSV, TSV, JSON lines or Parquet.")]
TextColumn = Annotated[str, typer.Option(help="The column with the customers' words.")]
Encoding = Annotated[str, typer.Option(help="How the file is encoded.")]
Delimiter = Annotated[
    str | None, typer.Option(help="What separates columns, where the name does not tell it.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def program_of(path: Path | None) -> tuple[Program, bool]:
    """Return the program in a file, or the built-in one, and whether it is that.

    Raises OfflineError for what is no program, OSError for a file that can't be read.
    """
    if path is None:
        built_in = resources.files("deploy.offline").joinpath("default_program.yaml")
        return read_program(built_in.read_text(encoding="utf-8")), True
    try:
        return read_program(path.read_text(encoding="utf-8")), False
    except UnicodeDecodeError as error:
        raise OfflineError(
            f"{path} is not UTF-8: byte {error.start:,}.", remedy="Save it as UTF-8."
        ) from None
    except ProgramError as error:
        raise OfflineError(
            f"{path} is no program: {error.faults[0]}",
            remedy=f"closedloop program check {path} lists every fault.",
        ) from None


def settings_of(file: Path, encoding: str, delimiter: str | None) -> FileSettings:
    """Return how `file` is written. Raises OfflineError for an option that can't be used."""
    form = format_of(file)
    try:
        return FileSettings(
            format=None if form == "parquet" else form,
            encoding=encoding,
            delimiter="\t" if delimiter == r"\t" else delimiter,
        )
    except ValidationError as error:
        raise bad_option(error) from None


def bad_option(error: ValidationError) -> OfflineError:
    """Return what is wrong with an option, for a person."""
    fault = error.errors(include_url=False)[0]
    option = f"--{fault['loc'][0]}: " if fault["loc"] else ""
    return OfflineError(f"{option}{fault['msg'].removeprefix('Value error, ')}.")
