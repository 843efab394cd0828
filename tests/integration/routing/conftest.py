"""A desk with follow-ups on it: the app with its lifespan, and people who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import yaml
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock
from shared.contracts.events import FeedbackScored
from shared.contracts.records import Outcome
from shared.postgres.pool import Pool, create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.integration.routing.company import DOCUMENT, NOW, OTHER_TENANT, PROGRAMS, TENANT

Caller = Callable[..., AsyncClient]


@pytest.fixture
async def worker_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the worker's role."""
    pool = await create_pool(database_url, role="closedloop_routing")
    yield pool
    await pool.close()


async def opened(
    pool: Pool, events: Sequence[FeedbackScored], clock: FixedClock | None = None
) -> Sequence[Outcome]:
    """Open the follow-ups of `events` in a transaction of their own."""
    async with pool.acquire() as connection, connection.transaction():
        return await open_followups(
            PostgresOpenings(connection), events, programs=PROGRAMS, clock=clock or FixedClock(NOW)
        )


async def activate_programs(settings: Settings) -> None:
    """Make the company's program count, for both tenants."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        for tenant in (TENANT, OTHER_TENANT):
            document = {**DOCUMENT, "tenant": tenant}
            document.pop("version")
            await programs.activate(
                yaml.safe_dump(document, allow_unicode=True), who="tests", why="a first program"
            )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the running app."""
    await activate_programs(settings)
    running = create_app(settings)
    async with running.router.lifespan_context(running):
        yield running


@asynccontextmanager
async def calling(app: FastAPI, **headers: str) -> AsyncIterator[AsyncClient]:
    """Call the app without a network."""
    transport = ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncClient(
        transport=transport, base_url="http://closedloop.test", headers=headers
    ) as client:
        yield client


def token(
    settings: Settings, subject: str = "mali", role: str = "frontline_owner", tenant: str = TENANT
) -> str:
    """Return an access token for somebody."""
    who = Principal(tenant=tenant, subject=subject, name=subject.title(), roles=frozenset({role}))
    return issue_token(who, settings.secret, lifetime=timedelta(hours=1))


@pytest.fixture
async def call(app: FastAPI, settings: Settings) -> AsyncIterator[Caller]:
    """Give a client that calls as somebody: mali, unless told otherwise."""
    async with calling(app) as client:

        def as_somebody(
            subject: str = "mali", role: str = "frontline_owner", tenant: str = TENANT
        ) -> AsyncClient:
            client.headers["Authorization"] = f"Bearer {token(settings, subject, role, tenant)}"
            return client

        yield as_somebody
