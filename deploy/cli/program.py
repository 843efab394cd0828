"""`closedloop program`: start, check, compare, activate, roll back, show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.backtest.kept import check_backtested
from deploy.cli.models import check_kept
from deploy.cli.program_backtest import backtest_program
from deploy.cli.program_diff import diff
from deploy.cli.program_new import new
from deploy.cli.program_opened import (
    AsJson,
    From,
    Who,
    checked,
    in_store,
    in_utc,
    moment_of,
    text_of,
    user,
)
from deploy.cli.tenants import the_tenant
from shared.program.document import Program
from shared.program.store import Activation, ActiveProgram, ProgramStore

app = typer.Typer(
    help="A tenant's rules, teams and deadlines: start, check, compare, activate, roll back.",
    no_args_is_help=True,
)
app.command()(new)

_HIGHEST_VERSION = 2**31 - 1

File = Annotated[Path, typer.Argument(help="The program, a YAML file.", show_default=False)]
Why = Annotated[str, typer.Option(help="What changes, for those who ask later.")]
Tenant = Annotated[
    str | None, typer.Option(help="Whose program; can be left out where there is one tenant.")
]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a program: every fault with its line and what to do. Exit code 1 when there is one."""
    program = checked(file, text_of(file), as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"ok": True, "tenant": program.tenant, "faults": []}))
    else:
        typer.echo(f"{file}: {_summary(program)}. No faults.")


app.command()(diff)
app.command("backtest")(backtest_program)


@app.command()
def activate(
    file: File, why: Why, who: Who = "", start: From = None, as_json: AsJson = False
) -> None:
    """Give a program its next version and let it count, without a restart."""
    text = text_of(file)
    check_kept(checked(file, text, as_json=as_json))
    moment, name = moment_of(start), user(who)

    async def decide(programs: ProgramStore) -> tuple[Program, Activation]:
        await check_backtested(programs, text)
        program = await programs.activate(text, who=name, why=why, start=moment)
        return program, await _latest(programs, program.tenant, program.version)

    program, activation = in_store(decide)
    if as_json:
        typer.echo(json.dumps(_told(activation)))
    else:
        typer.echo(
            f"Version {program.version} of {program.tenant} counts from"
            f" {in_utc(activation.active_from)} on: {_summary(program)}."
        )


@app.command()
def rollback(
    to: Annotated[
        int, typer.Option(min=1, max=_HIGHEST_VERSION, help="The version that should count again.")
    ],
    why: Why,
    who: Who = "",
    tenant: Tenant = None,
    start: From = None,
    as_json: AsJson = False,
) -> None:
    """Let an earlier version count again: a new activation, nothing is lost."""
    moment, name = moment_of(start), user(who)

    async def back(programs: ProgramStore) -> Activation:
        whose = await the_tenant(programs, tenant)
        await programs.roll_back(whose, to=to, who=name, why=why, start=moment)
        return await _latest(programs, whose, to)

    activation = in_store(back)
    if as_json:
        typer.echo(json.dumps(_told(activation)))
    else:
        since = in_utc(activation.active_from)
        typer.echo(f"Version {to} of {activation.tenant} counts again from {since} on.")


@app.command()
def history(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Show every activation: which version, from when, who decided it, when and why."""
    activations = in_store(lambda programs: programs.history(tenant))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in activations], ensure_ascii=False))
    elif not activations:
        _say_nothing_is_active(tenant)
    for one in [] if as_json else activations:
        decided = "" if one.activated_at == one.active_from else f"{in_utc(one.activated_at)} "
        typer.echo(
            f"{one.tenant}  version {one.version}  from {in_utc(one.active_from)}"
            f"  decided {decided}by {one.who}: {one.why}"
        )


@app.command()
def show(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Show which programs are active, since when and why; of one tenant with its document."""
    active = in_store(lambda programs: programs.activations(tenant))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in active], ensure_ascii=False))
    elif active:
        _print(active, with_document=tenant is not None)
    else:
        _say_nothing_is_active(tenant)


def _say_nothing_is_active(tenant: str | None) -> None:
    of_tenant = f" for {tenant}" if tenant else ""
    typer.echo(f"No program is active{of_tenant}. Activate one: closedloop program activate")


async def _latest(programs: ProgramStore, tenant: str, version: int) -> Activation:
    """Return the activation that was decided on last for this version."""
    history = await programs.history(tenant)
    return [one for one in history if one.version == version][-1]


def _told(activation: Activation) -> dict[str, str | int]:
    return {
        "tenant": activation.tenant,
        "version": activation.version,
        "active_from": activation.active_from.isoformat(),
    }


def _summary(program: Program) -> str:
    return (
        f"{program.name} ({program.tenant}), {len(program.rules)} rules,"
        f" {len(program.teams)} teams, {len(program.touchpoints)} touchpoints"
    )


def _print(active: Sequence[ActiveProgram], *, with_document: bool) -> None:
    for one in active:
        since = in_utc(one.active_from)
        typer.echo(f"{one.tenant}  version {one.version}  since {since}  by {one.who}: {one.why}")
        if with_document:
            typer.echo(f"\n{one.document}")


def _as_object(one: Activation) -> dict[str, str | int]:
    document = {"document": one.document} if isinstance(one, ActiveProgram) else {}
    return {
        "tenant": one.tenant,
        "version": one.version,
        "active_from": one.active_from.isoformat(),
        "activated_at": one.activated_at.isoformat(),
        "who": one.who,
        "why": one.why,
        **document,
    }
