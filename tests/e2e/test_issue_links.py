"""A case is said to belong to a systemic issue, in a real browser: alone, and many at once."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.issues import PostgresIssueNews
from services.routing.handlers.issues import keep_news
from shared.postgres.pool import create_pool
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import open_case, site
from tests.integration.routing import told

__all__ = ["site"]


@pytest.fixture
async def issues(site: str, database_url: str) -> None:
    """Let two issues be known."""
    async with (
        await create_pool(database_url, role="closedloop_routing") as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        news = [told.issue("late", customers=38), told.issue("overcharged", touchpoint="billing")]
        await keep_news(PostgresIssueNews(connection), news)


@pytest.mark.usefixtures("issues")
@pytest.mark.parametrize("javascript", [True, False])
async def test_a_case_is_linked_found_by_its_issue_and_unlinked(
    browser: Browser, site: str, javascript: bool
) -> None:
    window = await browser.new_context(java_script_enabled=javascript)
    page = await window.new_page()
    await open_case(page, site)
    part = page.get_by_role("region", name="What keeps going wrong here")
    await part.get_by_text("Say what it belongs to").click()
    await part.get_by_label("It belongs to").select_option(index=2)
    await part.get_by_role("button", name="Link it").click()
    await expect(page.get_by_role("status").first).to_have_text("It belongs to that issue now.")
    part = page.get_by_role("region", name="Part of something that keeps going wrong")
    await part.get_by_role("link", name="Open follow-ups that belong to it").click()
    await expect(page.locator("[data-row]")).to_have_count(1)
    await page.goto(
        page.url.replace(str(told.issue_id("overcharged", "billing")), str(told.issue_id("late")))
    )
    await expect(page.locator("[data-row]")).to_have_count(0)
    await page.go_back()
    await page.locator("[data-row] a").first.click()
    await part.get_by_text("Say what it belongs to").click()
    await part.get_by_role("button", name="Take the link back").click()
    await expect(page.get_by_role("status").first).to_have_text("It belongs to no issue any more.")
    await expect(page.locator(".timeline")).to_contain_text("took back that it belongs")
    await window.close()


@pytest.mark.usefixtures("issues")
@pytest.mark.parametrize("width", [1440, 390])
async def test_the_chosen_are_linked_at_once_and_undone(page: Page, site: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    await page.get_by_text("Say what it belongs to").click()
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await page.goto(f"{site}/inbox?view=all")
    await page.get_by_role("checkbox", name="Choose Som Chai").check()
    await page.get_by_label("Belong to").select_option(index=0)
    await page.get_by_role("button", name="Link", exact=True).click()
    report = page.locator("#bulk-report")
    await expect(report).to_contain_text("1 linked")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await report.get_by_role("button", name="Undo").click()
    await expect(report).to_contain_text("1 put back")
