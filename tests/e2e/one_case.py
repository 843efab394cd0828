"""A site with one case of Mali's, for tests that do one thing with it."""

from __future__ import annotations

import pytest
import yaml
from playwright.async_api import Page

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.ids import derived_id
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.integration.routing.company import DOCUMENT, PROGRAMS, event_id, scored


async def begin_case(settings: Settings) -> None:
    """Make the company's program count, and open one case of Mali's."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        document = {name: part for name, part in DOCUMENT.items() if name != "version"}
        await programs.activate(
            yaml.safe_dump(document, allow_unicode=True), who="tests", why="a first program"
        )
    now = SystemClock().now()
    async with (
        await create_pool(settings.database_url, role="closedloop_routing") as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        event = scored(
            1,
            received_at=now,
            text="Late again, and nobody calls me back.",
            contact={"name": "Som Chai", "email": "som@example.com"},
        )
        await open_followups(
            PostgresOpenings(connection), [event], programs=PROGRAMS, clock=SystemClock()
        )


@pytest.fixture
async def site(settings: Settings, serve: Serve) -> str:
    """Give the address of an inbox with one case of Mali's."""
    await begin_case(settings)
    return serve(create_app(settings))


async def open_case(page: Page, site: str, name: str = "Mali Chan") -> None:
    """Sign in as somebody and open the case."""
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name=f"{name} answers customers").click()
    await page.wait_for_url("**/inbox*")
    await page.goto(f"{site}/inbox/{derived_id('followup', str(event_id(1)))}")
