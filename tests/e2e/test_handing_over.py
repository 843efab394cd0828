"""Why somebody has a case, and how it goes on to somebody else, in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from playwright.async_api import Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.ids import derived_id
from shared.postgres.pool import Pool, create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import DOCUMENT, event_id, scored


def document() -> dict[str, object]:
    """Return the company: Noy is away, Lao must be answered in Lao, which nobody writes."""
    care, *others = DOCUMENT["teams"]
    today = SystemClock().now().date()
    away = {
        "owner": "noy",
        "first_day": today - timedelta(days=1),
        "last_day": today + timedelta(days=9),
        "deputy": "ana",
    }
    kept = {name: part for name, part in DOCUMENT.items() if name != "version"}
    owners = [{**owner, "languages": ["en", "th"], "capacity": 5} for owner in DOCUMENT["owners"]]
    preferences = [{"by": "language", "must": True}, {"by": "continuity"}]
    return {
        **kept,
        "owners": owners,
        "teams": [{**care, "assignment": preferences}, *others],
        "absences": [away],
    }


@pytest.fixture
async def site(settings: Settings, database_url: str, serve: Serve) -> str:
    """Give the address of an inbox with one case of Mali's, number 1, and an alarm, number 2."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(document(), allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    pool: Pool = await create_pool(database_url, role="closedloop_routing")
    now = SystemClock().now()
    events = [
        scored(1, received_at=now, text="Late again, and nobody calls me back."),
        scored(2, received_at=now, language="lo", text="ເຄື່ອງມາຊ້າຫຼາຍມື້."),
    ]
    async with pool, pool.acquire() as connection, connection.transaction():
        for event in events:
            await open_followups(
                PostgresOpenings(connection),
                [event],
                programs={"demo": Program.model_validate(document())},
                clock=SystemClock(),
            )
    return serve(create_app(settings))


async def open_case(page: Page, site: str, name: str, number: int) -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name=name).first.click()
    await page.wait_for_url("**/inbox*")
    await page.goto(f"{site}/inbox/{derived_id('followup', str(event_id(number)))}")


async def test_an_owner_hands_a_case_over_with_a_word(page: Page, site: str) -> None:
    await open_case(page, site, "Mali Chan answers customers", 1)
    why = page.locator("section", has=page.get_by_role("heading", name="Why it is here"))
    await expect(why).to_contain_text("It was the turn of Mali Chan, 1 of 3 in Delivery care")
    await expect(why).to_contain_text("Noy Keo is away until")
    await page.get_by_label("Give it to").select_option("somchai")
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say in a note what the next owner")
    await expect(page.get_by_label("Give it to")).to_have_value("somchai")
    assert await faults_of(page) == []
    await page.get_by_label("What they have to know").fill("She wants a call after six.")
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_role("status")).to_have_text("It has a new owner.")
    await expect(why).to_contain_text(
        "Handed over to Somchai Dee by Mali Chan, with: She wants a call after six."
    )
    await expect(page.locator(".timeline")).to_contain_text("Mali Chan handed it over to Somchai")
    assert await faults_of(page) == []


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_lead_is_told_of_an_alarm_and_may_insist_on_somebody_who_is_away(
    page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await open_case(page, site, "Vilay Sing leads", 2)
    notice = page.locator(".notice")
    await expect(notice).to_contain_text("Nobody of the team could be given this.")
    why = page.locator("section", has=page.get_by_role("heading", name="Why it is here"))
    await expect(why).to_contain_text("Mali Chan does not write lo")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await page.get_by_label("Give it to").select_option("noy")
    await page.get_by_role("button", name="Assign").click()
    await expect(page.get_by_role("alert")).to_contain_text("Noy Keo is away until")
    assert await faults_of(page) == []
    await page.get_by_label("Also to somebody who is away").check()
    await page.get_by_role("button", name="Assign").click()
    await expect(page.get_by_role("status")).to_have_text("It has a new owner.")
    await expect(page.locator(".notice.bad")).to_have_count(0)
    assert await sideways_scroll(page) == 0
