"""The inbox on a telephone: three acts at hand, many at once by thumb, nothing covered or cut."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from services.routing.app import create_app
from shared.clock import SystemClock
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.test_inbox import ROW, arrive, case_of, press, sign_in, worker_pool
from tests.integration.routing.company import WORDS, scored
from tests.integration.routing.conftest import activate_programs

__all__ = ["worker_pool"]

SMALLEST_TARGET = 44
#: Whether what has the focus is seen: in the window, and nothing that stays in place over it.
IS_SEEN = """() => {
  const focused = document.activeElement, box = focused.getBoundingClientRect();
  const bar = document.querySelector('.thumbs, .bulk[data-some]');
  if (bar === null || bar.contains(focused)) return true;
  return box.top < bar.getBoundingClientRect().top && box.bottom > 0;
}"""


@pytest.fixture
async def site(settings: Settings, serve: Serve, worker_pool: object) -> str:
    """Give the address of an inbox with 200 follow-ups."""
    await activate_programs(settings)
    now = SystemClock().now()
    events = [
        scored(
            number,
            language=WORDS[number % 7][0],
            text=WORDS[number % 7][1],
            received_at=now,
            contact={
                "name": f"María José Hernández de la Torre {number}",
                "phone": "+856 20 5555 1234",
                "email": "maria@example.com",
            },
        )
        for number in range(200)
    ]
    await arrive(worker_pool, events)  # type: ignore[arg-type]  # the fixture of test_inbox
    return serve(create_app(settings))


@pytest.fixture(params=[390, 360])
async def phone(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    """Give a window of a telephone's size."""
    window = await browser.new_context(
        viewport={"width": request.param, "height": 740}, has_touch=True, is_mobile=True
    )
    window.set_default_timeout(15_000)
    yield window
    await window.close()


async def height(page: Page, selector: str) -> float:
    heights: list[float] = await page.locator(selector).evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    return min(heights)


async def refuse_covered_focus(page: Page, steps: int) -> None:
    """Fail when what the next Tabs come to lies under a bar."""
    for _ in range(steps):
        await page.keyboard.press("Tab")
        where = await page.evaluate("document.activeElement.outerHTML.slice(0, 90)")
        assert await page.evaluate(IS_SEEN), where


async def test_a_case_has_three_acts_at_hand_that_its_state_allows(
    phone: BrowserContext, site: str
) -> None:
    page = await phone.new_page()
    await sign_in(page, site)
    await page.locator(f"{ROW} a").first.click()
    bar = page.get_by_role("navigation", name="At hand")
    acts = bar.locator("a, button")
    await expect(acts).to_have_text(["Call", "Reply", "Acknowledge"])
    for part in (".head-facts", ".words"):
        box = await page.locator(part).first.bounding_box()
        top = await bar.bounding_box()
        assert box is not None
        assert top is not None
        assert box["y"] < top["y"] - 24
    await page.locator("#note").fill("I know her.")
    await bar.get_by_role("button", name="Acknowledge").tap()
    await expect(page.get_by_role("status")).to_have_text("Acknowledged.")
    await expect(page.locator(".timeline")).to_contain_text("I know her.")
    await press(page, "Start work")
    await expect(acts).to_have_text(["Call", "Reply", "Resolve"])
    await bar.get_by_role("link", name="Reply").tap()
    await expect(page.locator("#reply-text")).to_be_in_viewport()
    await bar.get_by_role("link", name="Resolve").tap()
    await expect(page.locator("#what")).to_be_in_viewport()
    assert await bar.get_by_role("link", name="Call").get_attribute("href") == (
        "tel:+856 20 5555 1234"
    )
    assert await height(page, ".thumbs > *") >= SMALLEST_TARGET
    assert await sideways_scroll(page) == 0
    assert await faults_of(page) == []
    await refuse_covered_focus(page, 40)


async def test_many_are_chosen_and_given_a_note_by_thumb(phone: BrowserContext, site: str) -> None:
    page = await phone.new_page()
    await sign_in(page, site, "Vilay")
    await page.goto(f"{site}/inbox?view=all")
    await expect(page.locator(ROW)).to_have_count(50)
    for at in (0, 1):
        await page.locator(f"{ROW} .choose").nth(at).tap()
    bulk = page.locator("#bulk")
    await expect(bulk).to_contain_text("With the 2 chosen:")
    for part in ("Take", "Give", "Add note"):
        await expect(bulk.get_by_role("button", name=part, exact=True)).to_be_in_viewport(ratio=1)
    await expect(bulk.get_by_label("that match")).to_be_in_viewport(ratio=1)
    assert await height(page, "#bulk button") >= SMALLEST_TARGET
    assert await height(page, f"{ROW} .choose") >= SMALLEST_TARGET
    assert await sideways_scroll(page) == 0
    assert await faults_of(page) == []
    await page.locator(f"{ROW} a").nth(1).focus()
    await refuse_covered_focus(page, 40)
    await bulk.get_by_label("Note").fill("Read this.")
    await bulk.get_by_role("button", name="Add note").tap()
    await expect(page.locator("#bulk-report")).to_contain_text("2 noted.")


async def test_without_javascript_nothing_of_the_bulk_bar_is_missing(
    browser: Browser, site: str
) -> None:
    window = await browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = await window.new_page()
    await sign_in(page, site)
    await page.locator(f"{ROW} input[name=item]").first.check()
    await page.locator("#bulk").get_by_label("Note").fill("Read this.")
    await press(page, "Add note")
    await expect(page.locator("#bulk-report")).to_contain_text("1 noted.")
    await window.close()


async def test_on_a_desk_and_on_a_telephone_on_its_side_no_bar_stands_in_the_way(
    page: Page, site: str
) -> None:
    await page.set_viewport_size({"width": 1440, "height": 900})
    await sign_in(page, site)
    await page.goto(case_of(site, 0))
    await expect(page.locator(".thumbs")).to_be_hidden()
    await page.set_viewport_size({"width": 740, "height": 360})
    await expect(page.locator(".thumbs")).to_have_css("position", "static")
    assert await sideways_scroll(page) == 0
