"""`closedloop token create`, `list` and `revoke`: what programs call the APIs with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from deploy.cli.servers import find_settings
from deploy.cli.token import principal_of, token
from shared.errors import SettingsError
from shared.postgres.pool import Connection, create_pool
from shared.web.auth import ROLES
from shared.web.scopes import SCOPES
from shared.web.tokens import ListedToken, add_token, new_token, revoke_token, tokens

app = typer.Typer(
    help="Who may call the APIs: tokens with scopes for programs, sign-in links for people.",
    invoke_without_command=True,
)
app.callback()(token)

_ROLE = "closedloop_web"
_LONGEST_NAME = 200

Tenant = Annotated[str, typer.Option(help="The company whose data the token opens.")]
Name = Annotated[str, typer.Option(help="What the program is called, such as crm-sync.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]

T = TypeVar("T")


@app.command()
def create(
    tenant: Tenant,
    name: Name,
    scope: Annotated[list[str], typer.Option(help=f"One of {', '.join(SCOPES)}; repeatable.")],
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(ROLES)}; repeatable.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it works.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token for a program and show it, this once."""
    _check(tenant, name, role, scope)
    made = new_token()
    expires_at = datetime.now(UTC) + timedelta(days=days)

    async def add(connection: Connection) -> bool:
        return await add_token(
            connection,
            made,
            tenant=tenant,
            name=name,
            roles=set(role),
            scopes=set(scope),
            expires_at=expires_at,
        )

    if not _run(add):
        raise SettingsError(
            f"--name: {tenant} has a token {name} already.",
            remedy=f"Choose another name, or revoke it: closedloop token revoke --tenant {tenant}"
            f" --name {name}",
        )
    if as_json:
        typer.echo(json.dumps({"token": made, "expires_at": expires_at.isoformat()}))
        return
    typer.echo(f"{name} may call the APIs of {tenant} until {expires_at:%Y-%m-%d} with:\n")
    typer.echo(f"  {made}\n\nKeep it: only its hash is stored, so it can't be shown again.")


@app.command("list")
def list_(
    tenant: Annotated[str | None, typer.Option(help="Of one tenant only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array, for programs.")] = False,
) -> None:
    """List the tokens of programs, those that don't work any more too."""
    listed = _run(lambda connection: tokens(connection, tenant=tenant))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in listed]))
    elif listed:
        Console().print(_table(listed))
    else:
        typer.echo("There are no tokens. Make one: closedloop token create --help")


@app.command()
def revoke(tenant: Tenant, name: Name, as_json: AsJson = False) -> None:
    """Revoke a program's token; it is refused from its next request on."""
    if not _run(lambda connection: revoke_token(connection, tenant=tenant, name=name)):
        raise SettingsError(
            f"--name: {tenant} has no token {name} that works.",
            remedy="closedloop token list shows them all.",
        )
    if as_json:
        typer.echo(json.dumps({"tenant": tenant, "name": name, "revoked": True}))
    else:
        typer.echo(f"The token {name} of {tenant} is revoked.")


def _check(tenant: str, name: str, roles: list[str], scopes: list[str]) -> None:
    principal_of(tenant, name, roles, name)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise SettingsError("--name has 1 to 200 characters, all of them visible.")
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise SettingsError(
            f"--scope: there is no scope {unknown[0]!r}.",
            remedy=f"Choose from {', '.join(SCOPES)}.",
        )


def _run(command: Callable[[Connection], Awaitable[T]]) -> T:
    async def opened() -> T:
        url = find_settings().database_url
        async with (
            await create_pool(url, role=_ROLE, max_size=1) as pool,
            pool.acquire() as connection,
            connection.transaction(),
        ):
            return await command(connection)

    return asyncio.run(opened())


def _table(listed: Sequence[ListedToken]) -> Table:
    whole = [Column(name, overflow="fold") for name in ("tenant", "name", "roles", "scopes")]
    table = Table(*whole, "last used (UTC)", "works", box=None)
    for one in listed:
        used = f"{one.last_used_at:%Y-%m-%d %H:00}" if one.last_used_at else "never"
        scopes, roles = "\n".join(one.scopes), "\n".join(one.roles)
        table.add_row(one.tenant, escape(one.name), roles, scopes, used, _works(one))
    return table


def _works(one: ListedToken) -> str:
    if one.revoked_at:
        return f"revoked {one.revoked_at:%Y-%m-%d %H:%M} UTC"
    gone = one.expires_at <= datetime.now(UTC)
    return f"{'expired' if gone else 'until'} {one.expires_at:%Y-%m-%d}"


def _as_object(one: ListedToken) -> dict[str, object]:
    moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
    told = {name: getattr(one, name) for name in moments}
    return asdict(one) | {name: when and when.isoformat() for name, when in told.items()}
