"""Replying by another channel than mail, in a browser: wide, narrow, by keyboard."""

from __future__ import annotations

import pytest
import yaml
from playwright.async_api import Page, expect

from services.routing.app import create_app
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.one_case import open_case
from tests.integration.routing.channels import CONTACT, WEBHOOK_NOBODY_HAS, document
from tests.integration.routing.company import scored
from tests.integration.routing.conftest import opened


@pytest.fixture
async def site(settings: Settings, database_url: str, serve: Serve) -> str:
    """Give the address of an inbox with a case whose customer has WhatsApp, and LINE."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(document(WEBHOOK_NOBODY_HAS), allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    async with await create_pool(database_url, role="closedloop_routing") as pool:
        said = "Late again, and nobody calls me back."
        await opened(pool, [scored(1, text=said, contact={**CONTACT, "email": "som@example.com"})])
    return serve(create_app(settings))


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_message_is_seen_as_the_customer_will_before_it_goes(
    page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site)
    await page.keyboard.press("m")
    part = page.locator("#channels")
    await expect(part.get_by_label("By", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type("  ")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Write what the customer is to read.")
    await part.get_by_label("Your message").fill("We are sorry. A new parcel is on its way.")
    assert await faults_of(page) == []
    await part.get_by_role("button", name="See what they will get").click()
    await expect(part.locator("blockquote")).to_contain_text(
        "“Late again, and nobody calls me back.”"
    )
    await expect(part).to_contain_text("+856 20 5555 1234")
    await expect(page.locator("#reply-text")).to_have_value("")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await part.get_by_role("button", name="Send the message").click()
    await expect(page.get_by_role("status")).to_contain_text("The reply is kept")
    timeline = page.locator(".timeline")
    await expect(timeline).to_contain_text("Mali Chan sent the customer a message")
    await expect(timeline).to_contain_text("A new parcel is on its way.")
    await expect(timeline).to_contain_text("By WhatsApp to +856 20 5555 1234")
    await expect(timeline).to_contain_text("Kept, and not sent: no webhook carries this channel")
    assert await faults_of(page) == []
