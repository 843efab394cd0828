"""`closedloop publisher`: who may hand in events over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.servers import find_settings
from services.ingest.bootstrap import open_publishers
from services.ingest.domain.ports import Publishers
from services.ingest.domain.publisher import ListedPublisher
from services.ingest.handlers import add_publisher, list_publishers, revoke_publisher

app = typer.Typer(help="Who may hand in events: add, list, revoke.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What the publisher is called, such as web-survey.")]
Tenant = Annotated[str, typer.Option(help="Whose feedback it hands in.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]

T = TypeVar("T")


@app.command()
def add(name: Name, tenant: Tenant, as_json: AsJson = False) -> None:
    """Add a publisher and show its key, this once."""
    key = _run(lambda publishers: add_publisher(publishers, tenant, name))
    if as_json:
        typer.echo(json.dumps({"tenant": tenant, "name": name, "key": key}))
        return
    typer.echo(f"Publisher {name} of {tenant} may hand in events with this key:\n\n  {key}\n")
    typer.echo("Keep it: only its hash is stored, so it can't be shown again.")


@app.command("list")
def list_(
    tenant: Annotated[str | None, typer.Option(help="Of one tenant only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the publishers, those with revoked keys too."""
    listed = _run(lambda publishers: list_publishers(publishers, tenant))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in listed]))
    elif listed:
        Console().print(_table(listed))
    else:
        typer.echo("There are no publishers. Add one: closedloop publisher add NAME --tenant T")


@app.command()
def revoke(name: Name, tenant: Tenant, as_json: AsJson = False) -> None:
    """Revoke a publisher's key; it is refused within seconds."""
    _run(lambda publishers: revoke_publisher(publishers, tenant, name))
    if as_json:
        typer.echo(json.dumps({"tenant": tenant, "name": name, "revoked": True}))
    else:
        typer.echo(f"The key of {name} of {tenant} is revoked.")


def _run(command: Callable[[Publishers], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_publishers(find_settings()) as publishers:
            return await command(publishers)

    return asyncio.run(opened())


def _table(listed: Sequence[ListedPublisher]) -> Table:
    table = Table("tenant", "name", "added", "key", box=None)
    for one in listed:
        key = f"revoked {one.revoked_at:%Y-%m-%d %H:%M} UTC" if one.revoked_at else "works"
        table.add_row(one.tenant, one.name, f"{one.created_at:%Y-%m-%d %H:%M} UTC", key)
    return table


def _as_object(one: ListedPublisher) -> dict[str, str | None]:
    return {
        "tenant": one.tenant,
        "name": one.name,
        "created_at": one.created_at.isoformat(),
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
    }
