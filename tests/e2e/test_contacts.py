"""Logging how a customer was reached, in a browser and without scripts."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import open_case, site

__all__ = ["site"]


async def test_a_contact_is_logged_by_keyboard_and_stands_in_the_timeline(
    page: Page, site: str
) -> None:
    await open_case(page, site)
    await page.keyboard.press("c")
    await expect(page.get_by_label("How you tried")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Rang for a minute.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Say what came of it.")
    await expect(page.get_by_label("What was said")).to_have_value("Rang for a minute.")
    assert await faults_of(page) == []
    await page.get_by_label("What came of it").select_option("no_answer")
    await page.get_by_role("button", name="Log the contact").click()
    await expect(page.get_by_role("status")).to_have_text("The contact is kept.")
    timeline = page.locator(".timeline")
    await expect(timeline).to_contain_text("Mali Chan called the customer: no answer")
    await expect(timeline).to_contain_text("Rang for a minute.")
    await expect(timeline).to_contain_text("Mali Chan acknowledged it")
    await expect(page.locator("main")).to_contain_text("1 of 2 attempts, on 1 of 1 day")
    assert await faults_of(page) == []


@pytest.mark.parametrize("width", [1440, 390])
async def test_giving_up_too_early_is_refused_with_what_is_missing(
    page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    await page.get_by_label("What came of it").select_option("no_answer")
    await page.get_by_role("button", name="Log the contact").click()
    await page.get_by_role("button", name="Could not be reached").click()
    await expect(page.get_by_role("alert")).to_contain_text("1 of 2 attempts, on 1 of 1 day")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await page.get_by_label("How you tried").select_option("message")
    await page.get_by_label("What came of it").select_option("sent")
    await page.get_by_role("button", name="Log the contact").click()
    await page.get_by_role("button", name="Could not be reached").click()
    await expect(page.get_by_role("status")).to_have_text("Kept as unreachable.")


async def test_without_scripts_a_customer_who_wants_no_contact_is_left_alone(
    browser: Browser, site: str
) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await open_case(page, site)
    await page.get_by_label("What came of it").select_option("declined")
    await page.get_by_role("button", name="Log the contact").click()
    offer = page.locator("form.notice")
    await expect(offer).to_contain_text("The customer wants no contact.")
    await offer.get_by_role("button", name="Wants no contact").click()
    await expect(page.get_by_role("status")).to_have_text("Kept: the customer wants no contact.")
    await expect(page.get_by_label("What came of it")).to_have_count(0)
    await window.close()


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_reply_is_seen_as_the_customer_will_before_it_goes(
    page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    await page.keyboard.press("r")
    await expect(page.get_by_label("Your words")).to_be_focused()
    await page.get_by_role("button", name="See it as the customer will").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write what the customer is to read.")
    await page.get_by_label("Your words").fill("We are sorry. A new parcel is on its way.")
    await page.get_by_role("button", name="See it as the customer will").click()
    part = page.locator("#reply")
    await expect(part).to_contain_text("care@mekong-home.example")
    await expect(part.locator("blockquote")).to_contain_text(
        "> Late again, and nobody calls me back."
    )
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await part.get_by_role("button", name="Send it").click()
    await expect(page.get_by_role("status")).to_contain_text("The reply is kept")
    timeline = page.locator(".timeline")
    await expect(timeline).to_contain_text("Mali Chan wrote the customer a mail")
    await expect(timeline).to_contain_text("A new parcel is on its way.")
    await expect(timeline).to_contain_text("To som@example.com")
    assert await faults_of(page) == []


async def test_a_reply_is_written_seen_and_sent_by_keyboard_alone(page: Page, site: str) -> None:
    await open_case(page, site)
    await page.keyboard.press("r")
    await page.keyboard.type("ຂໍອະໄພ. A new parcel is on its way.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    preview = page.locator("#reply blockquote")
    await expect(preview).to_contain_text("ຂໍອະໄພ. A new parcel is on its way.")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Send it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("The reply is kept")
    await expect(page.locator(".timeline")).to_contain_text("Mali Chan wrote the customer a mail")
    await expect(page.get_by_label("Your words")).to_have_value("")
    assert await faults_of(page) == []
