"""What the program commands share: reading a file, checking it, opening the store."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deploy.cli.servers import find_settings
from services.scoring.judges import unfindable_words
from shared.errors import ClosedLoopError
from shared.program.document import Program
from shared.program.loading import ProgramError, read_program
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs

AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]
Who = Annotated[str, typer.Option(help="Who wants it; the account's name when left out.")]
From = Annotated[
    str | None,
    typer.Option(
        "--from", help="From when it counts, such as 2027-01-01T00:00+01:00; left out: from now."
    ),
]

_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def text_of(file: Path) -> str:
    """Return what the file says. Raises ClosedLoopError when it can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ClosedLoopError(f"{file}: {error.strerror}.", remedy="Check the name.") from error
    except UnicodeDecodeError as error:
        raise ClosedLoopError(
            f"{file}: byte {error.start} is not UTF-8.", remedy="Save the file as UTF-8."
        ) from error


def checked(file: Path, text: str, *, as_json: bool) -> Program:
    """Return the program, or show its faults and exit with 1."""
    try:
        return read_program(text, checks=[unfindable_words])
    except ProgramError as error:
        _show_faults(file, error, as_json=as_json)
        raise typer.Exit(1) from error


def in_store(command: Callable[[ProgramStore], Awaitable[T]]) -> T:
    """Run `command` on the store of the servers that are found."""

    async def opened() -> T:
        settings = find_settings()
        async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
            return await command(programs)

    return asyncio.run(opened())


def user(who: str) -> str:
    """Return who wants it: `who`, or the account's name when that is empty."""
    try:
        return who or getpass.getuser()
    except (KeyError, OSError) as error:
        raise ClosedLoopError(
            "This account has no name.", remedy="Say who wants it: --who NAME."
        ) from error


def moment_of(text: str | None) -> datetime | None:
    """Return the moment that --from names. Raises ClosedLoopError when it is none."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ClosedLoopError(
            f"--from: {text!r} is no moment.", remedy="Write it as 2027-01-01T00:00+01:00."
        ) from error
    if moment.tzinfo is None:
        raise ClosedLoopError(
            f"--from: {text} has no time zone.", remedy=f"Write it as {text}+01:00, or {text}Z."
        )
    if moment > _LATEST:
        raise ClosedLoopError(f"--from: {text} is too far away.", remedy="Name a year up to 2199.")
    return moment


def in_utc(moment: datetime) -> str:
    """Return a moment as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _show_faults(file: Path, error: ProgramError, *, as_json: bool) -> None:
    if as_json:
        faults = [
            {"line": one.line, "place": one.place, "detail": one.detail, "remedy": one.remedy}
            for one in error.faults
        ]
        typer.echo(json.dumps({"ok": False, "tenant": None, "faults": faults}, ensure_ascii=False))
        return
    for fault in error.faults:
        where = f"{file}:{fault.line}: {fault.place}: " if fault.place else f"{file}:{fault.line}: "
        typer.echo(f"{where}{fault.detail} {fault.remedy}", err=True)
