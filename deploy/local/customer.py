"""What a customer of the sample company sees: the address of somebody's own page."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from services.routing.domain.promise_link import Link, token_of
from shared.postgres.sqlfile import load
from shared.settings import Settings

QUERIES = load(Path(__file__).parent / "sql" / "customer.sql")

_READ_AS = "closedloop_routing"


async def page_of_somebody(settings: Settings, tenant: str, public_url: str) -> str | None:
    """Return the address of the page of a customer who waits; None where nobody does."""
    connection = await asyncpg.connect(settings.database_url, server_settings={"role": _READ_AS})
    try:
        row = await connection.fetchrow(QUERIES["somebody_who_waits"], tenant)
    finally:
        await connection.close()
    if row is None:
        return None
    link = Link(followup_id=row["followup_id"], generation=row["generation"])
    return f"{public_url}/p/{token_of(link, settings.secret)}"
