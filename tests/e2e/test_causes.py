"""What goes wrong, in a real browser: by how many customers, where, and as a table."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect

from services.outer_loop.app import create_app
from services.outer_loop.bootstrap import WORKER_ROLE
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.test_stored_script import sign_in_as
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import NOW, Worker, activate_programs
from tests.integration.outer_loop.test_counts import make_themes

PERIOD = "from=2026-09-01&to=2026-10-31"


@pytest.fixture
async def site(settings: Settings, serve: Serve, context: BrowserContext) -> str:
    """Give the board of a company with a history, with somebody signed in."""
    await activate_programs(settings.database_url)
    said, worked = story.history(11, feedback=600)
    async with await create_pool(settings.database_url, role=WORKER_ROLE) as pool:
        worker = Worker(pool, {story.TENANT: story.program()}, FixedClock(NOW))
        await worker.feedback(make_themes(said))
        await worker.followups(worked)
    address = serve(create_app(settings))
    await sign_in_as(context, settings, address, "olga", "Olga Nurlan")
    return address


@pytest.mark.parametrize("width", [1440, 390])
async def test_the_causes_are_read_filtered_and_taken_away(
    page: Page, site: str, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{site}/board/causes?{PERIOD}")
    rows = page.locator("#causes tbody tr")
    await expect(rows.first).to_contain_text("The refund came late")
    await expect(page.get_by_role("img", name="Customers by cause")).to_be_visible()
    where = page.get_by_role("region", name="Causes by touchpoint")
    await expect(where.locator("td[class*=heat-]").first).to_be_visible()
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    async with page.expect_download() as saved:
        await page.get_by_role("link", name="As a table (CSV)").click()
    assert (await saved.value).suggested_filename == "causes-2026-09-01-2026-10-31.csv"
    await page.get_by_role("combobox").select_option("why")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator("#causes thead")).to_contain_text("Why")
    assert await faults_of(page) == []
    await page.goto(f"{site}/board/causes?from=2020-01-01&to=2020-02-01")
    await expect(page.locator(".empty")).to_contain_text("Nothing was said in these days.")
    assert await faults_of(page) == []


async def test_the_page_is_reached_from_the_board(page: Page, site: str) -> None:
    await page.goto(f"{site}/board")
    await page.get_by_role("link", name="All causes, where they happen").click()
    await page.wait_for_url("**/board/causes")
