"""The handlers batch by batch, as the worker calls them, and the app as people call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.outer_loop.app import create_app
from services.outer_loop.bootstrap import WORKER_ROLE
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import NOW, Worker, activate_programs


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[Worker]:
    """Give the handlers, with the company's program for two tenants."""
    programs = {tenant: story.program(tenant) for tenant in (story.TENANT, "other")}
    async with await create_pool(database_url, role=WORKER_ROLE) as pool:
        yield Worker(pool, programs, FixedClock(NOW))


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the running app."""
    await activate_programs(settings.database_url)
    running = create_app(settings)
    async with running.router.lifespan_context(running):
        yield running


Caller = Callable[..., AsyncClient]


@pytest.fixture
async def call(app: FastAPI, settings: Settings) -> AsyncIterator[Caller]:
    """Give a function that returns a client of somebody: olga, a contributor, if not told."""
    clients: list[AsyncClient] = []

    def as_somebody(
        subject: str = "olga", role: str = "contributor", tenant: str = story.TENANT
    ) -> AsyncClient:
        who = Principal(tenant=tenant, subject=subject, name=subject, roles=frozenset({role}))
        token = issue_token(who, settings.secret, lifetime=timedelta(hours=1))
        client = AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://closedloop.test/outer-loop/v1",
            headers={"Authorization": f"Bearer {token}"},
        )
        clients.append(client)
        return client

    yield as_somebody
    for client in clients:
        await client.aclose()
