"""The customer's own page in a browser without JavaScript, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import yaml
from fastapi import FastAPI
from httpx import AsyncClient
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.domain.promise_link import Link, token_of
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import clipped_marks, faults_of, sideways_scroll
from tests.integration.routing.company import DOCUMENT, WORDS, scored
from tests.integration.routing.conftest import token
from tests.integration.routing.promised import followup_id, walk

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PROGRAM = {
    **{name: part for name, part in DOCUMENT.items() if name != "version"},
    "promise": {"phone": "+856 21 123 456"},
    "resurvey": {"after_hours": 0},
}


@pytest.fixture
async def app(settings: Settings, database_url: str) -> FastAPI:
    """Give the app with eight cases: one in each language, and one without words."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(PROGRAM, allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    now = SystemClock().now()
    events = [
        scored(n, language=language, text=text, severity="medium", received_at=now - n * LATER)
        for n, (language, text) in enumerate(WORDS)
    ]
    pool = await create_pool(database_url, role="closedloop_routing")
    async with pool, pool.acquire() as connection, connection.transaction():
        await open_followups(
            PostgresOpenings(connection),
            events,
            programs={"demo": Program.model_validate(PROGRAM)},
            clock=SystemClock(),
        )
    return create_app(settings)


LATER = timedelta(minutes=20)


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
async def plain(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """Give a page in a window without JavaScript."""
    window = await browser.new_context(viewport=request.param, java_script_enabled=False)
    window.set_default_timeout(15_000)
    yield await window.new_page()
    await window.close()


def link(settings: Settings, number: int) -> str:
    return f"/p/{token_of(Link(followup_id=followup_id(number)), settings.secret)}"


async def resolve(site: str, settings: Settings, number: int, version: int, *states: str) -> int:
    bearer = {"Authorization": f"Bearer {token(settings, 'vilay', 'team_lead')}"}
    async with AsyncClient(base_url=site, headers=bearer) as lead:
        return await walk(lead, number, *states, version=version)


async def test_a_customer_answers_badly_and_then_well_without_javascript(
    app: FastAPI, settings: Settings, serve: Serve, plain: Page
) -> None:
    site = serve(app)
    steps = ("acknowledged", "in_progress", "resolved")
    version = await resolve(site, settings, 0, 1, *steps)
    await plain.goto(f"{site}{link(settings, 0)}")
    await expect(plain.get_by_role("heading", name="Your case")).to_be_visible()
    await expect(plain.get_by_text("The parcel came nine days late")).to_be_visible()
    await plain.get_by_label("0", exact=True).check()
    await plain.get_by_label("Why is that?").fill("The new one is broken.")
    await plain.get_by_role("button", name="Send the answer").click()
    await expect(plain.get_by_role("status")).to_contain_text("We look at it again.")
    await expect(plain.get_by_text("It is open again.")).to_be_visible()
    await resolve(site, settings, 0, version + 1, "in_progress", "resolved")
    await plain.reload()
    await plain.get_by_label("9", exact=True).check()
    await plain.get_by_role("button", name="Send the answer").click()
    await expect(plain.get_by_role("status")).to_contain_text("We have your answer.")
    await expect(plain.get_by_text("As far as we know, it is solved.")).to_be_visible()


async def test_a_customer_asks_for_a_person_adds_words_and_erases_without_javascript(
    app: FastAPI, settings: Settings, serve: Serve, plain: Page
) -> None:
    site = serve(app)
    await plain.goto(f"{site}{link(settings, 0)}")
    await plain.get_by_text("Add something").click()
    await plain.get_by_role("button", name="Send", exact=True).click()
    await expect(plain.get_by_role("alert")).to_have_text("Write something first.")
    await plain.get_by_label("What else should we know?").fill("The number is 7781.")
    await plain.get_by_role("button", name="Send", exact=True).click()
    await expect(plain.get_by_role("status")).to_contain_text("We have your words.")
    await plain.get_by_text("Speak to a person now").click()
    call = plain.get_by_role("link", name="Or call us: +856 21 123 456")
    await expect(call).to_have_attribute("href", "tel:+85621123456")
    await plain.get_by_role("button", name="Ask for a person").click()
    await expect(plain.get_by_text("You asked for a person on")).to_be_visible()
    await plain.locator("summary", has_text="Erase my data").click()
    await plain.get_by_role("link", name="Erase my data").click()
    await plain.get_by_role("button", name="Yes, erase it").click()
    await expect(plain.get_by_text("What you wrote is erased")).to_be_visible()
    await expect(plain.get_by_text("nine days late")).to_have_count(0)


async def test_the_page_is_read_in_a_language_that_is_chosen(
    app: FastAPI, settings: Settings, serve: Serve, plain: Page
) -> None:
    await plain.goto(f"{serve(app)}{link(settings, 0)}")
    await plain.get_by_label("Language").select_option("th")
    await plain.get_by_role("button", name="Show").click()
    await expect(plain.get_by_role("heading", name="เรื่องของคุณ")).to_be_visible()
    await expect(plain.locator("blockquote")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible_and_fits_in_every_language(
    app: FastAPI, settings: Settings, serve: Serve, browser: Browser, scheme: str
) -> None:
    site = serve(app)
    await resolve(site, settings, 7, 1, "acknowledged", "in_progress", "resolved")
    window = await browser.new_context(
        viewport={"width": 320, "height": 700},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await window.new_page()
    addresses = [link(settings, number) for number in range(len(WORDS))]
    addresses += [f"{addresses[7]}/answer", f"{addresses[0]}/erase", "/p/nothing"]
    for address in addresses:
        await page.goto(f"{site}{address}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert await faults_of(page) == [], address
        assert await sideways_scroll(page) == 0, address
        assert await clipped_marks(page) == [], address
    await window.close()


async def test_the_page_is_worked_by_keys_alone(
    app: FastAPI, settings: Settings, serve: Serve, plain: Page
) -> None:
    await plain.goto(f"{serve(app)}{link(settings, 1)}?lang=en")
    for _ in range(4):
        await plain.keyboard.press("Tab")
    await expect(plain.locator("#person summary")).to_be_focused()
    await plain.keyboard.press("Enter")
    for _ in range(3):
        await plain.keyboard.press("Tab")
    await plain.keyboard.press("Enter")
    await expect(plain.get_by_role("status")).to_contain_text("you want to speak to a person")


async def test_a_case_shows_its_owner_the_link_and_what_the_customer_did(
    app: FastAPI, settings: Settings, serve: Serve, page: Page
) -> None:
    site = serve(app)
    await page.goto(f"{site}{link(settings, 0)}")
    await page.get_by_text("Speak to a person now").click()
    await page.get_by_role("button", name="Ask for a person").click()
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name="Vilay Sing leads").click()
    await page.wait_for_url("**/inbox*")
    await page.goto(f"{site}/inbox/{followup_id(0)}")
    part = page.locator("section", has=page.get_by_role("heading", name="The customer's page"))
    await expect(part).to_contain_text("Wants to speak to a person")
    address = await part.get_by_label("Their link").input_value()
    assert address.endswith(link(settings, 0))
    await part.get_by_label("What they read about the solution").fill("We paid it back.")
    await part.get_by_role("button", name="Keep the words").click()
    await expect(part.get_by_label("What they read about the solution")).to_have_value(
        "We paid it back."
    )
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
