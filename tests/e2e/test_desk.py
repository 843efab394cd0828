"""The lead's desk in a real browser: looked at, opened by keyboard, live, on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.app import create_app
from shared.clock import SystemClock
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.test_inbox import ROW, arrive, in_every_language, sign_in
from tests.integration.routing.company import scored
from tests.integration.routing.conftest import activate_programs

LEAD = "Vilay Sing"


@pytest.fixture
async def worker_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the worker's role."""
    pool = await create_pool(database_url, role="closedloop_routing")
    yield pool
    await pool.close()


@pytest.fixture
async def site(settings: Settings, serve: Serve, worker_pool: Pool) -> str:
    """Give the address of a desk on which follow-ups lie."""
    await activate_programs(settings)
    await arrive(worker_pool, in_every_language())
    return serve(create_app(settings))


async def test_a_number_opens_its_rows_by_keyboard(page: Page, site: str) -> None:
    await sign_in(page, site, LEAD)
    await page.get_by_role("link", name="Desk").press("Enter")
    await expect(page.get_by_role("heading", name="Desk", exact=True)).to_be_visible()
    await expect(page.locator("#kept")).to_contain_text("All together")
    assert await faults_of(page) == []
    await page.get_by_text("The same as a table").press("Enter")
    assert await faults_of(page) == []
    person = page.locator("#people tbody tr").first.get_by_role("link").first
    n = int((await person.inner_text()).split()[0])
    await person.press("Enter")
    await expect(page.locator(ROW)).to_have_count(n)


async def test_the_desk_changes_by_itself_and_keeps_the_focus(
    page: Page, site: str, worker_pool: Pool
) -> None:
    await sign_in(page, site, LEAD)
    await page.goto(f"{site}/desk")
    focused = page.locator("#people tbody tr").first.get_by_role("link").first
    await focused.focus()
    row = await page.evaluate("document.activeElement.closest('tr').id")
    await arrive(worker_pool, [scored(900, received_at=SystemClock().now())])
    await expect(page.locator("#desk > .meta")).to_contain_text("9 open")
    assert await page.evaluate("document.activeElement.tagName") == "A"
    assert await page.evaluate("document.activeElement.closest('tr').id") == row


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_all_of_it(browser: Browser, site: str, scheme: str) -> None:
    window = await browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=True,
        is_mobile=True,
    )
    page = await window.new_page()
    await sign_in(page, site, LEAD)
    await page.goto(f"{site}/desk")
    await expect(page.locator("#kept")).to_contain_text("All together")
    assert await sideways_scroll(page) == 0
    assert await faults_of(page) == []
    await expect(page.get_by_role("link", name="breached")).to_be_in_viewport()
    await window.close()


async def test_without_scripts_the_numbers_are_there(browser: Browser, site: str) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await sign_in(page, site, LEAD)
    await page.goto(f"{site}/desk")
    await expect(page.locator("#desk")).to_contain_text("8 open")
    await page.get_by_role("link", name="The share of deadlines kept").click()
    await expect(page.get_by_role("heading", name="Measures")).to_be_visible()
    await window.close()
