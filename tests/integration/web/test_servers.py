"""What an app holds open is closed again, whatever fails."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web.servers import open_servers
from tests.support.waiting import until

API_ROLE, WORKER_ROLE = "closedloop_routing_api", "closedloop_routing"


async def connected(url: str) -> list[str]:
    """Return the names of those that are connected to the database beside us."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    await connection.close()
    return [row["application_name"] for row in rows]


async def nobody_is_left(url: str) -> bool:
    return not await connected(url)


async def test_an_app_that_fails_leaves_nothing_open(local_settings: Settings) -> None:
    url = local_settings.database_url
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  (what is open meanwhile is looked at)
        async with open_servers(
            local_settings, schema="routing", role=API_ROLE, relay_role=WORKER_ROLE
        ) as servers:
            assert await servers.pool.fetchval("SELECT current_user") == API_ROLE
            assert {API_ROLE, WORKER_ROLE} <= set(await connected(url))
            raise ZeroDivisionError
    await until(lambda: nobody_is_left(url))
    assert not [one for one in asyncio.all_tasks() if one.get_name() == "routing outbox relay"]


async def test_what_was_opened_is_closed_when_what_comes_next_is_refused(
    local_settings: Settings,
) -> None:
    with pytest.raises(SettingsError, match="nobody_at_all"):
        async with open_servers(
            local_settings, schema="routing", role=API_ROLE, relay_role="nobody_at_all"
        ):
            pass
    await until(lambda: nobody_is_left(local_settings.database_url))
