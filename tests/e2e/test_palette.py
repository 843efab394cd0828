"""Ctrl+K in a real browser: what a page can do, found by typing, done with Enter."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.e2e.looks import faults_of
from tests.e2e.one_case import open_case, site
from tests.e2e.test_saved_views import keep, sign_in

__all__ = ["site"]


async def texts(page: Page) -> list[str]:
    options = page.get_by_role("option").locator("bdi")
    return [text.strip() for text in await options.all_inner_texts()]


async def test_views_are_opened_by_their_names_in_any_script(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=team&due=today")
    await keep(page, "ມື້ນີ້ ຊ້າ")
    await page.goto(f"{site}/inbox?view=all")
    await page.keyboard.press("Control+k")
    assert {"My team", "Overdue", "ມື້ນີ້ ຊ້າ", "Desk", "Keys and help"} <= set(await texts(page))
    assert await faults_of(page) == []
    await page.keyboard.type("ຊ້າ")
    assert await texts(page) == ["ມື້ນີ້ ຊ້າ"]
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox?view=team&due=today")


async def test_the_steps_of_the_open_case_are_there_and_no_others(page: Page, site: str) -> None:
    await open_case(page, site)
    await page.keyboard.press("Control+k")
    found = await texts(page)
    assert {"Acknowledge", "Log a contact", "Reply by mail", "Write a note"} <= set(found)
    assert not {"Resolve: what, why, action", "Take it"} & set(found)
    assert len(found) == len(set(found))
    await page.keyboard.type("acknow")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Acknowledged.")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("REPLY")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reply-text")).to_be_focused()


async def test_arrows_choose_and_the_list_says_which(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="What to do or open")
    await expect(box).to_be_focused()
    await page.keyboard.press("ArrowUp")
    chosen = page.locator("[role=option][aria-selected=true]")
    await expect(chosen).to_have_count(1)
    await expect(chosen).to_contain_text("Keys and help")
    last = await chosen.get_attribute("id")
    await expect(box).to_have_attribute("aria-activedescendant", last or "")
    await page.keyboard.press("ArrowDown")
    await expect(chosen).to_have_attribute("id", "palette-0")
    await page.keyboard.type("nothing is called this")
    await expect(page.locator("#palette-found")).to_have_text("Nothing here is called so.")
    await expect(box).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(box).to_be_focused()
    assert await faults_of(page) == []
    await box.fill("help")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


async def test_escape_gives_the_focus_back_and_never_to_the_body(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(page.locator("#main")).to_be_focused()
    await page.keyboard.press("j")
    row = await page.evaluate("document.activeElement.getAttribute('href')")
    await page.keyboard.press("Control+k")
    await page.evaluate("document.querySelector('#list').dispatchEvent(new CustomEvent('live'))")
    await page.keyboard.press("Escape")
    await expect(page.locator(f"[data-row] a[href='{row}']")).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.type("half a wo")
    await page.keyboard.press("Control+k")  # in a field, too
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await expect(page.get_by_role("searchbox")).to_have_value("half a wo")
    await page.keyboard.press("Control+k")
    await page.evaluate("document.querySelector('#filter').remove()")
    await page.keyboard.press("Escape")
    await expect(page.locator("#main")).to_be_focused()


async def test_it_is_switched_off_with_the_keys(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.keyboard.press("?")
    await page.get_by_label("Keys work on this browser").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette")).to_be_hidden()
