"""Open inboxes hear of changes: their tenant's, their own, once, and again after a loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.routing.adapters.live import CHANNEL, DeafError, Live, Watcher, listening
from services.routing.domain.watching import Interest
from shared.postgres.pool import Pool, create_pool
from tests.integration.routing.company import OTHER_TENANT, TENANT, scored
from tests.integration.routing.conftest import opened
from tests.support.waiting import until

WITHIN_S = 20.0


@pytest.fixture
async def api_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the role that requests run as."""
    pool = await create_pool(database_url, role="closedloop_routing_api")
    yield pool
    await pool.close()


@pytest.fixture
async def live(api_pool: Pool) -> AsyncIterator[Live]:
    """Give what hears changes, once it hears."""
    async with listening(api_pool) as running:
        await until(lambda: running.hears)
        yield running


async def hears(watcher: Watcher) -> None:
    async with asyncio.timeout(WITHIN_S):
        await watcher.change(gather_s=0)


async def test_a_follow_up_that_opens_is_heard_of_by_its_tenant_alone(
    live: Live, worker_pool: Pool
) -> None:
    before, elsewhere = live.place(TENANT), live.place(OTHER_TENANT)
    with (
        live.watching(Interest(tenant=TENANT)) as ours,
        live.watching(Interest(tenant=OTHER_TENANT)) as theirs,
    ):
        await opened(worker_pool, [scored(1)])
        await hears(ours)
        assert live.place(TENANT) != before
        assert live.place(OTHER_TENANT) == elsewhere
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(theirs.change(gather_s=0), 0.05)


async def test_a_batch_is_one_notification_a_tenant(worker_pool: Pool) -> None:
    told: list[object] = []

    def note(*said: object) -> None:
        told.append(said)

    async with worker_pool.acquire() as connection:
        await connection.add_listener(CHANNEL, note)
        await opened(worker_pool, [scored(n) for n in range(40)])
        await opened(worker_pool, [scored(1, tenant=OTHER_TENANT)])
        await until(lambda: len(told) >= 2)
        await connection.remove_listener(CHANNEL, note)
    assert len(told) == 2


async def test_who_loses_a_follow_up_hears_of_it_like_who_gets_it(
    live: Live, worker_pool: Pool, api_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    async with api_pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('closedloop.tenant', $1, true)", TENANT)
        loser = await connection.fetchval("SELECT owner FROM routing.followup")
    with (
        live.watching(Interest(tenant=TENANT, owners={loser})) as loses,
        live.watching(Interest(tenant=TENANT, owners={"somebody"})) as gets,
        live.watching(Interest(tenant=TENANT, owners={"a third"})) as neither,
    ):
        async with api_pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('closedloop.tenant', $1, true)", TENANT)
            await connection.execute("UPDATE routing.followup SET owner = 'somebody'")
        await hears(loses)
        await hears(gets)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(neither.change(gather_s=0), 0.05)


async def test_many_names_still_fit_a_notification(live: Live, worker_pool: Pool) -> None:
    with live.watching(Interest(tenant=TENANT, owners={"nobody in particular"})) as watcher:
        async with worker_pool.acquire() as connection:
            await connection.execute(
                "SELECT routing.tell($1, $2, $3)",
                TENANT,
                ["delivery"],
                [f"an owner with a long name {n}" for n in range(500)],
            )
        await hears(watcher)


async def test_a_lost_connection_sends_the_watchers_away_and_moves_the_place_on(
    live: Live, database_url: str
) -> None:
    before = live.place(TENANT)
    administrator = await asyncpg.connect(database_url)
    with live.watching(Interest(tenant=TENANT)) as watcher:
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        with pytest.raises(DeafError):
            await hears(watcher)
    await administrator.close()
    await until(lambda: live.hears)
    assert live.place(TENANT) != before
