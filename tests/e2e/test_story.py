"""One customer, from the first look at the case to their own word that it is solved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
import yaml
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import DOCUMENT, scored

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: The customer is asked as soon as the case is resolved.
PROGRAM = {
    **{name: part for name, part in DOCUMENT.items() if name != "version"},
    "resurvey": {"after_hours": 0},
}
_TABS_ACROSS_A_PAGE = 80


class Hand(Protocol):
    """How a person works a page."""

    async def press(self, button: Locator) -> None: ...
    async def write(self, field: Locator, words: str) -> None: ...


class Keys:
    """Works a page by the keyboard alone."""

    def __init__(self, page: Page) -> None:
        self._keyboard = page.keyboard

    async def press(self, button: Locator) -> None:
        """Go to a button, a link or a choice and press it."""
        await self._reach(button)
        radio = await button.evaluate("one => one.type === 'radio'")
        await self._keyboard.press("Space" if radio else "Enter")

    async def write(self, field: Locator, words: str) -> None:
        """Go to a field or a list of choices and type."""
        await self._reach(field)
        await self._keyboard.type(words)

    async def _reach(self, target: Locator) -> None:
        await expect(target).to_be_visible()
        for _ in range(_TABS_ACROSS_A_PAGE):
            if await target.evaluate("one => one === document.activeElement"):
                return
            await self._keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {target}", pytrace=False)


class Thumb:
    """Works a page by touch."""

    async def press(self, button: Locator) -> None:
        """Tap a button, a link or a choice; of two the one at hand, at the foot of the screen."""
        await button.last.tap()

    async def write(self, field: Locator, words: str) -> None:
        """Tap a field and type, or choose what begins so."""
        if await field.evaluate("one => one.matches('select')"):
            await field.select_option(label=words)
        else:
            await field.tap()
            await field.press_sequentially(words)


@pytest.fixture
async def site(settings: Settings, database_url: str, serve: Serve) -> str:
    """Give the address of an inbox with one case of Mali's."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(PROGRAM, allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    event = scored(
        1,
        received_at=SystemClock().now(),
        text="Nine days late, and nobody answers the phone.",
        contact={"name": "Som Chai", "email": "som@example.com"},
    )
    pool = await create_pool(database_url, role="closedloop_routing")
    async with pool, pool.acquire() as connection, connection.transaction():
        await open_followups(
            PostgresOpenings(connection),
            [event],
            programs={"demo": Program.model_validate(PROGRAM)},
            clock=SystemClock(),
        )
    return serve(create_app(settings))


@pytest.fixture(params=["desk", "phone"])
async def worker(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Page]:
    """Give the page of somebody who answers customers, at a desk or on a phone."""
    phone = request.param == "phone"
    window = await browser.new_context(
        viewport=PHONE if phone else DESK, has_touch=phone, is_mobile=phone
    )
    window.set_default_timeout(15_000)
    yield await window.new_page()
    await window.close()


@pytest.fixture
def hand(request: pytest.FixtureRequest, worker: Page) -> Hand:
    """Give what that person works with."""
    return Thumb() if "phone" in request.node.callspec.id else Keys(worker)


@pytest.fixture
async def customer(browser: Browser) -> AsyncIterator[Page]:
    """Give the customer's page: a phone without JavaScript."""
    window = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    window.set_default_timeout(15_000)
    yield await window.new_page()
    await window.close()


async def test_a_case_goes_from_the_first_look_to_the_customers_own_word(
    site: str, worker: Page, hand: Hand, customer: Page
) -> None:
    asked: list[str] = []
    for page in (worker, customer):
        page.on("request", lambda request: asked.append(request.url))
    await worker.goto(f"{site}/inbox")
    await looks_right(worker)
    await hand.press(worker.get_by_role("button", name="Noy Keo answers customers"))
    await hand.press(worker.get_by_role("link", name="Show all open"))
    await expect(worker.locator("[data-row]")).to_have_count(1)
    await looks_right(worker)
    await hand.press(worker.get_by_role("link", name="Som Chai"))
    await expect(worker.get_by_role("heading", name="Som Chai")).to_be_visible()
    await hand.press(worker.get_by_role("button", name="Take it"))
    await said(worker, "It is yours now.")

    await hand.write(worker.get_by_label("What came of it"), "Reached them")
    await hand.write(worker.get_by_label("What was said"), "The parcel stands at the depot.")
    await hand.press(worker.get_by_role("button", name="Log the contact"))
    await said(worker, "The contact is kept.")
    await looks_right(worker)
    await resolve(worker, hand, "Drove it there myself.")

    address = await worker.get_by_label("Their link").input_value()
    promise = f"{site}/p/{address.rpartition('/p/')[2]}"
    await answer(customer, promise, "0", "It came, and it is broken.")

    await worker.goto(f"{site}/inbox?due=reopened")
    await looks_right(worker)
    await hand.press(worker.get_by_role("link", name="Som Chai"))
    await expect(worker.locator(".timeline")).to_contain_text("It came, and it is broken.")
    await looks_right(worker)
    await resolve(worker, hand, "Brought a new one.")

    await answer(customer, promise, "10", "Thank you, Noy.")
    await worker.reload()
    await expect(worker.locator(".head-facts")).to_contain_text("verified")
    await looks_right(worker)
    assert [url for url in asked if not url.startswith(f"{site}/")] == []


async def resolve(page: Page, hand: Hand, action: str) -> None:
    """Leave out the cause first: it is asked for, and what was typed is kept."""
    await hand.press(page.get_by_role("button", name=re.compile("^(Start work|Go on working)$")))
    await said(page, "You are working on it.")
    done = page.get_by_label("What was done for the customer")
    await hand.write(done, action)
    await hand.press(page.get_by_role("button", name="Resolve", exact=True))
    await expect(page.get_by_role("alert")).to_contain_text("Choose what went wrong.")
    await expect(done).to_have_value(action)
    await looks_right(page)
    await hand.write(page.get_by_label("What went wrong"), "It came late")
    await hand.write(page.get_by_label("Why it happened"), "The carrier failed")
    await hand.press(page.get_by_role("button", name="Resolve", exact=True))
    await said(page, "Resolved. Thank you.")
    await looks_right(page)


async def answer(page: Page, promise: str, mark: str, why: str) -> None:
    """Answer on the customer's page whether it is solved."""
    await page.goto(promise)
    await page.get_by_label(mark, exact=True).check()
    await page.get_by_label("Why is that?").fill(why)
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_role("status")).to_be_visible()


async def said(page: Page, words: str) -> None:
    await expect(page.get_by_role("status")).to_have_text(words)


async def looks_right(page: Page) -> None:
    """Every page on the way is accessible, fits, and the focus is where it can be seen."""
    await page.wait_for_load_state()
    assert await faults_of(page) == [], page.url
    assert await sideways_scroll(page) == 0, page.url
