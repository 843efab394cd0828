"""Two cases of one customer become one and two again, in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from playwright.async_api import Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock, SystemClock
from shared.ids import derived_id
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import DOCUMENT, PROGRAMS, event_id, scored


@pytest.fixture
async def site(settings: Settings, database_url: str, serve: Serve) -> str:
    """Give the address of an inbox with two cases of one customer, both Mali's."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        document = {name: part for name, part in DOCUMENT.items() if name != "version"}
        await programs.activate(
            yaml.safe_dump(document, allow_unicode=True), who="tests", why="a first program"
        )
    now = SystemClock().now()
    said = [(1, "Late again, and nobody calls me back.", 3), (2, "And now the box is broken.", 0)]
    async with await create_pool(database_url, role="closedloop_routing") as pool:
        for number, text, hours in said:
            moment = now - timedelta(hours=hours)
            event = scored(number, received_at=moment, text=text, customer_id="C-7")
            async with pool.acquire() as connection, connection.transaction():
                await open_followups(
                    PostgresOpenings(connection),
                    [event],
                    programs=PROGRAMS,
                    clock=FixedClock(moment),
                )
        await pool.execute("UPDATE routing.followup SET owner = 'mali'")
    return serve(create_app(settings))


def place(number: int) -> str:
    return f"/inbox/{derived_id('followup', str(event_id(number)))}"


async def sign_in(page: Page, site: str) -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name="Mali Chan answers customers").click()
    await page.wait_for_url("**/inbox*")


@pytest.mark.parametrize("width", [1440, 390])
async def test_two_become_one_by_keyboard_and_two_again(page: Page, site: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await sign_in(page, site)
    await page.goto(f"{site}{place(2)}")
    offered = page.get_by_role("region", name="Open for the same customer")
    await expect(offered).to_contain_text("Late again, and nobody calls me back.")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    button = offered.get_by_role("button", name="Merge this into that one")
    await button.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{place(1)}?done=merge")
    await expect(page.get_by_role("status")).to_contain_text("They are one now")
    also = page.get_by_role("region", name="They also said")
    await expect(also).to_contain_text("And now the box is broken.")
    await expect(page.locator(".timeline")).to_contain_text("Mali Chan merged another one into it")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await also.get_by_role("link").first.press("Enter")
    await page.wait_for_url(f"**{place(2)}")
    await expect(page.locator(".head-facts")).to_contain_text("merged")
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Split it off again").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("They are two again")
    await expect(page.locator(".head-facts")).to_contain_text("assigned")


async def test_whoever_was_slower_is_told_so_and_can_try_again(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}{place(2)}")
    other = await page.context.new_page()
    await other.goto(f"{site}{place(1)}")
    await other.get_by_label("Note").first.fill("Called twice.")
    await other.get_by_role("button", name="Keep the note").click()
    await expect(other.get_by_role("status")).to_have_text("The note is kept.")
    await page.get_by_role("button", name="Merge this into that one").click()
    await expect(page.get_by_role("alert")).to_contain_text("The other follow-up was changed")
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Merge this into that one").click()
    await expect(page.get_by_role("status")).to_contain_text("They are one now")
