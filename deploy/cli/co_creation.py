"""`closedloop co-creation`: the customers who may be asked to help make things better."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.cli.console import table_console
from deploy.cli.servers import find_settings
from deploy.cli.spans import span_of
from deploy.cli.tenants import the_tenant
from services.scoring.adapters.postgres import co_creators
from services.scoring.bootstrap import open_reading
from shared.clock import SystemClock
from shared.contracts.events import ScoredFeedback

_MOST_SHOWN = 10_000
_LONGEST_EXCERPT = 60


def co_creation(
    tenant: Annotated[
        str | None, typer.Option(help="Whose; can be left out where there is one tenant.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 12h, 30d, 8w.")] = "90d",
    limit: Annotated[int, typer.Option(min=1, max=_MOST_SHOWN, help="So many at most.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
) -> None:
    """List the customers whom the program lets you ask, with what they said last."""
    found = asyncio.run(_find(tenant, since, limit))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in found], ensure_ascii=False))
    elif found:
        table_console().print(_table(found))
    else:
        typer.echo("There is nobody to ask. The program says who: co_creation: {when: ...}")


async def _find(tenant: str | None, since: str, limit: int) -> Sequence[ScoredFeedback]:
    start = SystemClock().now() - span_of("--since", since)
    async with open_reading(find_settings()) as reading:
        whose = await the_tenant(reading.programs, tenant)
        return await co_creators(reading.pool, whose, start, limit)


def _table(found: Sequence[ScoredFeedback]) -> Table:
    table = Table("said", "customer", "contact", "touchpoint", "words", box=None)
    for one in found:
        feedback = one.feedback
        words = " ".join((feedback.text or "").split())
        cut = f"{words[:_LONGEST_EXCERPT]}…" if len(words) > _LONGEST_EXCERPT else words
        table.add_row(
            f"{feedback.occurred_at:%Y-%m-%d}",
            feedback.customer_id,
            _contact(one),
            feedback.touchpoint,
            cut,
        )
    return table


def _contact(one: ScoredFeedback) -> str:
    contact = one.feedback.contact
    return (contact and (contact.email or contact.phone or contact.name)) or ""


def _as_object(one: ScoredFeedback) -> dict[str, Any]:
    named = {"customer_id", "touchpoint", "occurred_at", "text", "contact"}
    said = one.feedback.model_dump(mode="json", include=named, exclude_none=True)
    return {"feedback_id": str(one.feedback_id), **said}
