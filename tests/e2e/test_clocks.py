"""A case's clocks and the mark of an escalation, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.alarms import tell_in_time
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import PROGRAMS, scored
from tests.integration.routing.conftest import activate_programs

HOUR = timedelta(hours=1)


@pytest.fixture
async def site(settings: Settings, serve: Serve) -> AsyncIterator[str]:
    """Give the address of an inbox: one case on time with all steps, one late by a day."""
    await activate_programs(settings)
    now = SystemClock().now()
    events = [
        scored(1, severity="medium", received_at=now),
        scored(2, severity="high", received_at=now - 40 * HOUR),
    ]
    pool: Pool = await create_pool(settings.database_url, role="closedloop_routing")
    async with pool:
        async with pool.acquire() as connection, connection.transaction():
            await open_followups(
                PostgresOpenings(connection), events, programs=PROGRAMS, clock=SystemClock()
            )
        await tell_in_time(PostgresAlarmTransactions(pool), PROGRAMS, now)
        yield serve(create_app(settings))


async def _sign_in(page: Page, site: str) -> None:
    await page.goto(f"{site}/inbox?view=all")
    await page.get_by_role("button", name="Mali Chan answers customers").first.click()
    await page.goto(f"{site}/inbox?view=all")


async def test_a_late_case_is_marked_and_found_by_the_mark(page: Page, site: str) -> None:
    await _sign_in(page, site)
    await expect(page.locator("[data-row]")).to_have_count(2)
    await page.get_by_text("Filter", exact=True).click()
    await page.get_by_label("Lead or head told").check()
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("[data-row]")).to_have_count(1)
    await expect(page.locator("[data-row] .badge.bad", has_text="head told")).to_be_visible()
    await expect(page.get_by_label("Lead or head told")).to_be_checked()


async def test_a_case_lists_each_step_and_says_when_the_clock_is_paused(
    page: Page, site: str
) -> None:
    await _sign_in(page, site)
    await page.get_by_role("link", name="C-00001").click()
    clocks = page.get_by_role("region", name="Clocks")
    await expect(clocks.locator("dt")).to_have_text(
        ["Acknowledge", "Contact the customer", "Resolve"]
    )
    await expect(clocks).to_contain_text("Policy for medium severity")
    take = page.get_by_role("button", name="Take it")
    if await take.is_visible():
        await take.click()
    for act in ("Acknowledge", "Contact the customer", "Waiting for the customer"):
        await page.get_by_role("button", name=act, exact=True).click()
    await expect(clocks).to_contain_text("Paused since")
    await expect(clocks.locator("dd").first).to_contain_text("done")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
async def test_the_pages_are_accessible_and_no_wider_than_the_screen(
    browser: Browser, site: str, width: int, height: int
) -> None:
    window = await browser.new_context(viewport={"width": width, "height": height})
    page = await window.new_page()
    await _sign_in(page, site)
    for place in ("inbox", "case"):
        if place == "case":
            await page.get_by_role("link", name="C-00002").click()
            await expect(page.get_by_role("region", name="Clocks")).to_contain_text("head was told")
        assert await faults_of(page) == []
        assert await sideways_scroll(page) == 0
    await window.close()
