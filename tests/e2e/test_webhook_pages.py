"""The webhooks' pages in a real browser: set up, watched, mended."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings
from shared.web.auth import COOKIE
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import PROGRAMS, scored
from tests.integration.routing.conftest import activate_programs, token
from tests.integration.routing.receiver import Receiver, answer, receiving
from tests.integration.routing.webhooks import notifying

LONG = "Our customer relations system in Vientiane, and everybody who works with it"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which this machine may be told."""
    return settings.model_copy(update={"webhook_allow": "127.0.0.0/8"})


@pytest.fixture
async def worker_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the worker's role."""
    pool = await create_pool(database_url, role="closedloop_routing")
    yield pool
    await pool.close()


@pytest.fixture
async def site(settings: Settings, serve: Serve) -> str:
    """Give the address of a running site."""
    await activate_programs(settings)
    return serve(create_app(settings))


async def sign_in(page: Page, site: str, settings: Settings, role: str = "cx_admin") -> None:
    await page.context.add_cookies(
        [{"name": COOKIE, "value": token(settings, "ada", role), "url": site}]
    )


async def set_up(page: Page, site: str, receiver: Receiver) -> None:
    await page.goto(f"{site}/webhooks")
    await page.get_by_label("Address").fill(receiver.url)
    await page.get_by_label("What it is for").fill(LONG)
    await page.get_by_role("button", name="Set it up").click()


async def arrive(pool: Pool, *numbers: int) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await open_followups(
            PostgresOpenings(connection),
            [scored(number) for number in numbers],
            programs=PROGRAMS,
            clock=SystemClock(),
        )


async def test_a_webhook_is_set_up_fails_is_disabled_and_mended(
    page: Page, site: str, settings: Settings, worker_pool: Pool
) -> None:
    status = {"is": 200}
    async with (
        receiving(lambda *_: answer(status["is"])) as receiver,
        notifying(settings, worker_pool) as notifier,
    ):
        await sign_in(page, site, settings)
        await page.goto(f"{site}/inbox")
        await page.get_by_role("link", name="Webhooks").click()
        await expect(page.get_by_text("Nobody is told yet")).to_be_visible()
        await set_up(page, site, receiver)
        secret = await page.locator("#secret code").inner_text()
        await arrive(worker_pool, 1)
        await notifier.until_settled()
        assert receiver.requests[0].is_signed_with(secret)
        status["is"] = 500
        await arrive(worker_pool, 2)
        await notifier.until_settled(pending=1)
        await page.goto(f"{site}/webhooks")
        await page.get_by_role("link", name=LONG).click()
        assert secret not in await page.content()
        await expect(page.locator("#failing")).to_contain_text("500")
        status["is"] = 410
        await page.get_by_role("button", name="Again").first.click()
        await expect(page.locator("#notice")).to_contain_text("delivered again")
        await notifier.until_disabled()
        await page.reload()
        await expect(page.locator("#disabled")).to_contain_text("410")
        status["is"] = 200
        await page.get_by_role("button", name="Enable", exact=True).click()
        await expect(page.locator("#notice")).to_contain_text("Enabled")
        await notifier.until_settled()
    assert len(receiver.taken) == 2


async def test_a_refused_address_keeps_what_was_typed(
    page: Page, site: str, settings: Settings
) -> None:
    await sign_in(page, site, settings)
    await page.goto(f"{site}/webhooks")
    await page.get_by_label("Address").fill("http://10.0.0.1/hook")
    await page.get_by_label("What it is for").fill(LONG)
    await page.get_by_role("button", name="Set it up").click()
    await expect(page.locator("#url-fault")).to_contain_text("not a public address")
    await expect(page.get_by_label("Address")).to_have_value("http://10.0.0.1/hook")
    await expect(page.get_by_label("What it is for")).to_have_value(LONG)
    assert await faults_of(page) == []


async def test_others_are_not_offered_it_and_may_not(
    page: Page, site: str, settings: Settings
) -> None:
    await sign_in(page, site, settings, "team_lead")
    await page.goto(f"{site}/inbox")
    await expect(page.get_by_role("link", name="Webhooks")).to_have_count(0)
    refused = await page.goto(f"{site}/webhooks")
    assert refused
    assert refused.status == 403


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_accessible_fit_and_work_without_javascript(
    browser: Browser,
    site: str,
    settings: Settings,
    worker_pool: Pool,
    width: int,
    scheme: str,
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=False,
    )
    page = await context.new_page()
    async with (
        receiving(
            lambda request, _: answer(500 if "00002" in request.body.decode() else 200)
        ) as it,
        notifying(settings, worker_pool) as notifier,
    ):
        await sign_in(page, site, settings)
        await set_up(page, site, it)
        await expect(page.locator("#secret")).to_be_visible()
        await arrive(worker_pool, 1, 2, 3)
        await notifier.until_settled(pending=1)
        await page.get_by_role("button", name="Send a test event").click()
        await expect(page.locator("#notice")).to_contain_text("on its way")
        await notifier.until_settled(pending=1)
        await page.get_by_role("button", name="New secret").click()
        await expect(page.locator("#secret")).to_contain_text("signs along")
        await page.goto(f"{site}/webhooks")
        assert await page.locator("[data-row]").count() == 1
    await context.close()
    await look(browser, site, settings, width, scheme)


async def look(browser: Browser, site: str, settings: Settings, width: int, scheme: str) -> None:
    """Look at both pages with JavaScript, which axe needs."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    await sign_in(page, site, settings)
    await page.goto(f"{site}/webhooks")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await page.locator("[data-row] a").first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/webhooks/*-*")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await context.close()
