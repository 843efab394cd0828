"""Two people on one case, and a form whose server is away, in real browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.app import create_app
from shared.settings import Settings
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import begin_case, open_case, site
from tests.support.serving import served

__all__ = ["site"]


@pytest.mark.parametrize("width", [1440, 390])
async def test_each_sees_that_the_other_is_here_writes_and_has_changed_it(
    browser: Browser, page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    window = await browser.new_context()
    noys = await window.new_page()
    await open_case(noys, site, "Noy Keo")
    await expect(noys.locator("#around")).to_contain_text("Mali Chan has it open, too, since")
    here = page.locator("#around")
    await expect(here).to_contain_text("Noy Keo has it open, too, since", timeout=30_000)
    await page.locator("#note").focus()
    await noys.locator("#note").fill("I call her.")
    await expect(here).to_contain_text("and is writing", timeout=30_000)
    await expect(page.locator("#note")).to_be_focused()
    await noys.get_by_role("button", name="Take it").click()
    await expect(here).to_contain_text("It was changed since you opened it.", timeout=30_000)
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await window.close()
    await expect(here).not_to_contain_text("Noy Keo", timeout=60_000)
    await here.get_by_role("link", name="Show it as it is now").click()
    await expect(page.locator("main")).to_contain_text("Noy Keo took it")
    await expect(here).to_be_empty()


async def test_a_form_that_cannot_be_sent_stays_and_is_sent_once_by_hand(
    page: Page, settings: Settings
) -> None:
    await begin_case(settings)
    with served(create_app(settings)) as site:
        await open_case(page, site)
    await page.locator("#note").fill("Rang, nobody there.")
    await expect(page.locator(".draft:visible")).to_contain_text("the server does not answer")
    await page.get_by_role("button", name="Keep the note").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Not sent: the server does not answer.")
    again = alert.get_by_role("button", name="Send it again")
    await expect(again).to_be_focused()
    assert await faults_of(page) == []
    await page.keyboard.press("Enter")
    await expect(alert).to_have_count(1)
    await expect(page.locator("#note")).to_have_value("Rang, nobody there.")
    with served(create_app(settings), port=int(site.rpartition(":")[2])):
        await again.click()
        await expect(page.get_by_role("status").first).to_contain_text("kept")
        notes = page.locator(".timeline").get_by_text("Rang, nobody there.")
        await expect(notes).to_have_count(1)
        await expect(page.locator("#note")).to_have_value("")
