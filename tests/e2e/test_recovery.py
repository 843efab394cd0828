"""A customer is given something: by the owner alone, or with the lead's approval."""

from __future__ import annotations

import pytest
import yaml
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.ids import derived_id
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import DOCUMENT, PROGRAMS, event_id, scored
from tests.integration.routing.test_recovery import HEADED, RECOVERY


@pytest.fixture
async def site(settings: Settings, database_url: str, serve: Serve) -> str:
    """Give the address of an inbox with one case of Mali's, who may give 50 EUR alone."""
    document = {name: part for name, part in DOCUMENT.items() if name != "version"}
    document = {**document, "departments": HEADED, "recovery": RECOVERY}
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(
            yaml.safe_dump(document, allow_unicode=True), who="tests", why="a first program"
        )
    event = scored(1, received_at=SystemClock().now(), contact={"name": "Som Chai"})
    async with (
        await create_pool(database_url, role="closedloop_routing") as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await open_followups(
            PostgresOpenings(connection), [event], programs=PROGRAMS, clock=SystemClock()
        )
    return serve(create_app(settings))


CASE = f"/inbox/{derived_id('followup', str(event_id(1)))}"


async def sign_in(page: Page, site: str, who: str) -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name=who).click()
    await page.wait_for_url("**/inbox*")


async def looks_right(page: Page) -> None:
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0


@pytest.mark.parametrize("width", [1440, 390])
async def test_an_owner_asks_by_keyboard_and_the_lead_approves(
    browser: Browser, page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await sign_in(page, site, "Mali Chan answers customers")
    await page.goto(f"{site}{CASE}")
    part = page.get_by_role("region", name="Make it good")
    await part.get_by_text("Offer something").focus()
    await page.keyboard.press("Enter")
    await expect(part).to_contain_text("up to 50.00 EUR needs no approval")
    await looks_right(page)
    await part.get_by_label("What the customer gets").focus()
    await page.keyboard.type("Ref")
    await page.keyboard.press("Tab")
    await page.keyboard.type("120,5")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Late twice.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("with a point, such as 49.90")
    await expect(part.get_by_label("How much")).to_have_value("120,5")
    await expect(part.get_by_label("What for")).to_have_value("Late twice.")
    await looks_right(page)
    await part.get_by_label("How much").fill("120.50")
    await part.get_by_role("button", name="Give it").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("It needs approval and waits for it")
    await expect(part).to_contain_text("Refund of 120.50 EUR waits for approval")
    await expect(part).to_contain_text("Vilay Sing decides.")
    await looks_right(page)

    window = await browser.new_context(viewport={"width": width, "height": 900})
    lead = await window.new_page()
    await sign_in(lead, site, "Vilay Sing")
    await lead.get_by_role("link", name="Approvals 1").click()
    await expect(lead.locator("main")).to_contain_text("For Som Chai · Delivery · Mali Chan asked")
    await looks_right(lead)
    await lead.get_by_role("link", name="Refund of 120.50 EUR").press("Enter")
    decision = lead.get_by_role("region", name="Make it good")
    await decision.get_by_role("button", name="Refuse").click()
    await expect(lead.get_by_role("alert")).to_contain_text("Say why")
    await looks_right(lead)
    await decision.get_by_role("button", name="Approve").press("Enter")
    await expect(lead.get_by_role("status")).to_contain_text("Approved")
    await expect(decision).to_contain_text("Vilay Sing approved it")
    await looks_right(lead)
    await window.close()


async def test_what_is_within_the_limit_is_given_at_once(page: Page, site: str) -> None:
    await sign_in(page, site, "Mali Chan answers customers")
    await page.goto(f"{site}{CASE}")
    part = page.get_by_role("region", name="Make it good")
    await part.get_by_text("Offer something").click()
    await part.get_by_label("What the customer gets").select_option("voucher")
    await part.get_by_label("How much").fill("20")
    await part.get_by_label("What for").fill("Waited long.")
    await part.get_by_role("button", name="Give it").click()
    await expect(page.get_by_role("status")).to_contain_text("Given, and told to whoever pays.")
    await expect(part).to_contain_text("within what an owner may give alone")
    await expect(part).to_contain_text("up to 30.00 EUR needs no approval")
    await expect(page.locator(".timeline")).to_contain_text("Voucher of 20.00 EUR")
    await looks_right(page)
