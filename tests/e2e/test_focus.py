"""Whoever works by keyboard is not thrown back to the top of the page by what changes by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from services.routing.app import create_app
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.test_inbox import ROW, arrive, in_every_language, sign_in
from tests.integration.routing.conftest import activate_programs, token
from tests.integration.routing.promised import followup_id, walk

FOCUSED = "document.activeElement"


@pytest.fixture
async def worker_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the worker's role."""
    pool = await create_pool(database_url, role="closedloop_routing")
    yield pool
    await pool.close()


@pytest.fixture
async def site(settings: Settings, serve: Serve, worker_pool: Pool) -> str:
    """Give the address of an inbox with follow-ups in every language."""
    await activate_programs(settings)
    await arrive(worker_pool, in_every_language())
    return serve(create_app(settings))


async def solve(site: str, settings: Settings, number: int) -> None:
    """Let a colleague solve a follow-up elsewhere."""
    bearer = {"Authorization": f"Bearer {token(settings, 'vilay', 'team_lead')}"}
    async with AsyncClient(base_url=site, headers=bearer) as lead:
        await walk(lead, number, "acknowledged", "in_progress", "resolved")


@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
async def test_a_row_that_leaves_the_list_hands_the_focus_to_the_next_one(
    page: Page, site: str, settings: Settings, last: bool
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    ids = [await one.get_attribute("id") for one in await page.locator(ROW).all()]
    at = len(ids) - 1 if last else 0
    await page.locator(f"#{ids[at]} a").first.focus()
    href = await page.evaluate(f"{FOCUSED}.getAttribute('href')")
    number = next(n for n in range(len(ids)) if case_path(n) == href)
    await solve(site, settings, number)
    await expect(page.locator(f"#{ids[at]}")).to_have_count(0)
    neighbour = ids[at - 1] if last else ids[1]
    assert await page.evaluate(f"{FOCUSED}.closest('[data-row]')?.id") == neighbour


async def test_a_list_that_runs_empty_keeps_the_focus_off_the_body(
    page: Page, site: str, settings: Settings
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all&language=lo")
    await expect(page.locator(ROW)).to_have_count(1)
    await page.keyboard.press("j")
    await solve(site, settings, 1)
    await expect(page.locator(ROW)).to_have_count(0)
    await expect(page.locator("#main")).to_be_focused()


def case_path(number: int) -> str:
    return f"/inbox/{followup_id(number)}"
