"""`closedloop audit`: what is written down and never changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.cli.servers import find_settings
from shared.postgres.pool import create_pool
from shared.web.audit import SignIn, sign_ins

app = typer.Typer(help="What is written down and never changed.", no_args_is_help=True)

_ROLE = "closedloop_web"


@app.callback()
def _group() -> None:
    """Keep `sign-ins` a command of its own, though it is the only one yet."""


@app.command("sign-ins")
def list_sign_ins(
    tenant: Annotated[str | None, typer.Option(help="Of one tenant only.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far back.")] = 30,
    refused: Annotated[bool, typer.Option("--refused", help="Only who was refused.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array, for programs.")] = False,
) -> None:
    """List who signed in, when and how, and who was refused; the newest first."""
    since = datetime.now(UTC) - timedelta(days=days)
    found = asyncio.run(_found(tenant, since, only_refused=refused, limit=limit))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in found]))
    elif found:
        Console().print(_table(found))
    else:
        typer.echo("Nobody signed in or was refused in that time.")


async def _found(
    tenant: str | None, since: datetime, *, only_refused: bool, limit: int
) -> list[SignIn]:
    async with await create_pool(find_settings().database_url, role=_ROLE, max_size=1) as pool:
        return await sign_ins(
            pool, tenant=tenant, since=since, only_refused=only_refused, limit=limit
        )


def _table(found: Sequence[SignIn]) -> Table:
    table = Table("at (UTC)", "tenant", "who", "how", "outcome", box=None)
    for one in found:
        outcome = f"refused: {one.refused}" if one.refused else ", ".join(one.roles)
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.tenant or "",
            escape(one.subject or ""),  # as the provider sent it
            one.how.replace("_", " "),
            outcome,
        )
    return table


def _as_object(one: SignIn) -> dict[str, object]:
    return asdict(one) | {"at": one.at.isoformat(), "roles": list(one.roles)}
