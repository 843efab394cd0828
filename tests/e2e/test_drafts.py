"""What is typed and not sent, in a real browser: kept, put back elsewhere, through an outage."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from services.routing.app import create_app
from shared.settings import Settings
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import begin_case, open_case, site
from tests.support.serving import served

__all__ = ["site"]

WORDS = "ຂໍອະໄພ, we call you back today."


async def write_reply(page: Page, words: str = WORDS) -> None:
    """Type a reply the way a person does, key by key."""
    field = page.locator("#reply-text")
    await field.focus()
    await page.keyboard.type(words)


async def test_what_is_typed_is_there_again_in_another_browser(
    browser: Browser, page: Page, site: str
) -> None:
    await open_case(page, site)
    await write_reply(page)
    await page.locator("#reply-language").select_option("lo")
    await expect(page.locator("#reply .draft")).to_contain_text("Draft kept")
    for width in (1440, 390):
        window = await browser.new_context(viewport={"width": width, "height": 900})
        elsewhere = await window.new_page()
        await open_case(elsewhere, site)
        await expect(elsewhere.locator("#reply-text")).to_have_value(WORDS)
        await expect(elsewhere.locator("#reply-language")).to_have_value("lo")
        await expect(elsewhere.locator("#reply .draft")).to_contain_text(re.compile("^Draft of "))
        assert await faults_of(elsewhere) == []
        assert await sideways_scroll(elsewhere) == 0
        await window.close()
    await page.reload()
    await page.locator("#reply").get_by_role("button", name="Discard it").click()
    await expect(page.locator("#reply-text")).to_have_value("")
    await expect(page.locator("#reply .draft")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#reply-text")).to_have_value("")


async def test_whoever_leaves_at_once_loses_nothing(page: Page, site: str) -> None:
    await open_case(page, site)
    case = page.url
    await write_reply(page, "Half a sen")
    await page.goto(f"{site}/inbox")
    await page.goto(case)
    await expect(page.locator("#reply-text")).to_have_value("Half a sen")


async def test_what_was_sent_is_no_draft(page: Page, site: str) -> None:
    await open_case(page, site)
    note = page.locator("#note")
    await note.fill("Called, nobody there.")
    await expect(page.locator(".draft:visible")).to_contain_text("Draft kept")
    await page.get_by_role("button", name="Keep the note").click()
    await expect(page.get_by_role("status").first).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Called, nobody there.")).to_be_visible()
    await expect(note).to_have_value("")
    await expect(page.locator(".draft:visible")).to_have_count(0)


async def test_what_is_typed_while_the_server_is_away_is_kept_when_it_is_back(
    browser: Browser, page: Page, settings: Settings
) -> None:
    await begin_case(settings)
    with served(create_app(settings)) as site:
        await open_case(page, site)
    await write_reply(page)
    line = page.locator("#reply .draft")
    await expect(line).to_contain_text("Not kept as a draft yet")
    await expect(page.get_by_role("status").first).to_contain_text("No updates since")
    assert await faults_of(page) == []
    with served(create_app(settings), port=int(site.rpartition(":")[2])):
        await expect(line).to_contain_text("Draft kept", timeout=30_000)
        await expect(page.get_by_role("status").first).to_be_empty()
        elsewhere = await (await browser.new_context()).new_page()
        await open_case(elsewhere, site)
        await expect(elsewhere.locator("#reply-text")).to_have_value(WORDS)
