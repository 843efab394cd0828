"""Saved views in a real browser: kept from the list, opened, shared, changed, deleted."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import site

__all__ = ["site"]

MALI = "Mali Chan answers customers"


async def sign_in(page: Page, site: str, name: str = MALI) -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name=name).first.click()
    await page.wait_for_url("**/inbox*")


async def keep(page: Page, name: str, shared: str = "") -> None:
    await page.locator("#keep-view summary").click()
    await page.get_by_label("Its name").fill(name)
    if shared:
        await page.get_by_label("Who sees it").select_option(label=shared)
    await page.get_by_role("button", name="Keep it").click()


async def test_a_view_is_kept_by_keyboard_opened_and_marked(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=team&due=today&severity=high")
    await page.keyboard.press("v")
    await page.keyboard.type("ມື້ນີ້ today")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("The view is kept.")
    saved = page.get_by_role("navigation", name="Saved views")
    link = saved.get_by_role("link", name="ມື້ນີ້ today")
    await expect(link).to_have_attribute("aria-current", "page")
    await expect(page.locator("#keep-view")).to_have_count(0)
    assert await faults_of(page) == []
    await page.goto(f"{site}/inbox?view=all")
    await expect(link).not_to_have_attribute("aria-current", "page")
    await link.click()
    await page.wait_for_url("**/inbox?view=team&due=today&severity=high")
    await expect(page.get_by_label("Severity")).to_have_value("high")


async def test_a_name_that_is_taken_is_said_at_the_field_and_kept(page: Page, site: str) -> None:
    await sign_in(page, site)
    await keep(page, "Mine")
    await page.goto(f"{site}/inbox?view=all")
    await keep(page, "MINE")
    await expect(page.get_by_role("alert")).to_contain_text("There is a view 'MINE' already")
    field = page.get_by_role("region", name="Keep this view").get_by_label("Name")
    await expect(field).to_have_value("MINE")
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert await faults_of(page) == []
    await field.fill("All of them")
    await page.get_by_role("button", name="Keep it").click()
    await page.wait_for_url("**view=all**")
    await expect(page.get_by_role("status")).to_have_text("The view is kept.")


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_lead_shares_a_view_and_renames_and_deletes_it(
    browser: Browser, site: str, javascript: bool
) -> None:
    window = await browser.new_context(java_script_enabled=javascript)
    page = await window.new_page()
    await sign_in(page, site, "Vilay")
    await page.goto(f"{site}/inbox?view=team&due=overdue")
    await keep(page, "Late in the team", "everybody of Delivery care")
    other = await (await browser.new_context()).new_page()
    await sign_in(other, site)
    saved = other.get_by_role("navigation", name="Saved views")
    await saved.get_by_role("link", name="Late in the team of Vilay").click()
    await other.wait_for_url("**due=overdue")
    await other.goto(f"{site}/inbox/views")
    await expect(other.locator("main")).to_contain_text("Vilay Sing made it")
    await expect(other.get_by_role("button", name="Delete")).to_have_count(0)
    await page.get_by_role("link", name="Change views").click()
    await page.get_by_label("Name").fill("Overdue")
    await page.get_by_role("button", name="Change").click()
    await expect(page.get_by_role("status")).to_have_text("The view is changed.")
    await expect(page.get_by_label("Who sees it")).to_have_value("delivery-care")
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator("main")).to_contain_text("No views yet")
    await other.goto(f"{site}/inbox")
    await expect(saved).to_have_count(0)
    for one in (page, other):
        await one.context.close()


async def test_of_two_who_change_a_view_the_second_is_told(page: Page, site: str) -> None:
    await sign_in(page, site)
    await keep(page, "Mine")
    await page.goto(f"{site}/inbox/views")
    other = await page.context.new_page()
    await other.goto(f"{site}/inbox/views")
    for one, name in ((page, "First"), (other, "Second")):
        await one.get_by_label("Name").fill(name)
        await one.get_by_role("button", name="Change").click()
    await expect(other.get_by_role("alert")).to_contain_text("The view has version 2")
    await expect(other.get_by_label("Name")).to_have_value("Second")
    await other.get_by_role("button", name="Change").click()
    await expect(other.get_by_role("status")).to_have_text("The view is changed.")


@pytest.mark.parametrize("width", [1440, 390, 360])
async def test_the_views_are_accessible_and_fit_the_screen(
    browser: Browser, site: str, width: int
) -> None:
    window = await browser.new_context(
        viewport={"width": width, "height": 740}, has_touch=width < 1000
    )
    page = await window.new_page()
    await sign_in(page, site, "Vilay")
    for number in range(4):
        await page.goto(f"{site}/inbox?view=all&older={number + 1}")
        await keep(page, f"A view with a long name, number {number} " + "w" * 20)
    for place in ("/inbox?view=all", "/inbox/views"):
        await page.goto(site + place)
        if place != "/inbox/views":
            await page.locator("#keep-view summary").click()
        assert await faults_of(page) == [], place
        assert await sideways_scroll(page) == 0, place
    await window.close()
