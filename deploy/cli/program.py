"""`closedloop program`: check a program, activate it, show what is active."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deploy.cli.servers import find_settings
from shared.errors import ClosedLoopError
from shared.program.document import Program
from shared.program.loading import ProgramError, read_program
from shared.program.store import ACTIVATING_ROLE, Activation, ProgramStore, open_programs

app = typer.Typer(
    help="A tenant's rules, teams and deadlines: check, activate, show.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="The program, a YAML file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]

T = TypeVar("T")


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a program: every fault with its line and what to do. Exit code 1 when there is one."""
    program = _checked(file, _text(file), as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"ok": True, "tenant": program.tenant, "faults": []}))
    else:
        typer.echo(f"{file}: {_summary(program)}. No faults.")


@app.command()
def activate(
    file: File,
    why: Annotated[str, typer.Option(help="What changes, for those who ask later.")],
    who: Annotated[str, typer.Option(help="Who wants it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give a program its next version and let it count from now on, without a restart."""
    text = _text(file)
    _checked(file, text, as_json=as_json)
    name = who or _user()
    program = _run(lambda programs: programs.activate(text, who=name, why=why))
    if as_json:
        typer.echo(json.dumps({"tenant": program.tenant, "version": program.version}))
    else:
        typer.echo(f"Version {program.version} of {program.tenant} is active: {_summary(program)}.")


@app.command()
def show(
    tenant: Annotated[str | None, typer.Option(help="With its document, of one tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which programs are active, since when and why."""
    active = _run(lambda programs: programs.activations(tenant))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in active], ensure_ascii=False))
    elif active:
        _print(active, with_document=tenant is not None)
    else:
        of_tenant = f" for {tenant}" if tenant else ""
        typer.echo(f"No program is active{of_tenant}. Activate one: closedloop program activate")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise ClosedLoopError(
            "This account has no name.", remedy="Say who wants it: --who NAME."
        ) from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ClosedLoopError(f"{file}: {error.strerror}.", remedy="Check the name.") from error
    except UnicodeDecodeError as error:
        raise ClosedLoopError(
            f"{file}: byte {error.start} is not UTF-8.", remedy="Save the file as UTF-8."
        ) from error


def _checked(file: Path, text: str, *, as_json: bool) -> Program:
    try:
        return read_program(text)
    except ProgramError as error:
        _show_faults(file, error, as_json=as_json)
        raise typer.Exit(1) from error


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


def _summary(program: Program) -> str:
    return (
        f"{program.name} ({program.tenant}), {len(program.rules)} rules,"
        f" {len(program.teams)} teams, {len(program.touchpoints)} touchpoints"
    )


def _print(active: Sequence[Activation], *, with_document: bool) -> None:
    for one in active:
        since = f"{one.active_from:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{one.tenant}  version {one.version}  since {since}  by {one.who}: {one.why}")
        if with_document:
            typer.echo(f"\n{one.document}")


def _as_object(one: Activation) -> dict[str, str | int]:
    return {
        "tenant": one.tenant,
        "version": one.version,
        "active_from": one.active_from.isoformat(),
        "who": one.who,
        "why": one.why,
        "document": one.document,
    }


def _run(command: Callable[[ProgramStore], Awaitable[T]]) -> T:
    async def opened() -> T:
        settings = find_settings()
        async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
            return await command(programs)

    return asyncio.run(opened())
