"""The demo leads to a customer's own page."""

from __future__ import annotations

from httpx import ASGITransport, AsyncClient

from deploy.local.customer import page_of_somebody
from services.routing.app import create_app
from shared.postgres.pool import create_pool
from shared.settings import Settings
from tests.integration.routing.company import TENANT, scored
from tests.integration.routing.conftest import activate_programs, opened


async def test_the_address_opens_the_page_of_somebody_who_wrote_and_waits(
    settings: Settings,
) -> None:
    await activate_programs(settings)
    async with await create_pool(settings.database_url, role="closedloop_routing") as pool:
        await opened(pool, [scored(1, text=""), scored(2, text="Nine days late.")])
    address = await page_of_somebody(settings, TENANT, "http://site.test")
    assert address is not None
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://site.test") as client,
    ):
        page = await client.get(address)
    assert "Nine days late." in page.text


async def test_where_nobody_waits_there_is_no_address(settings: Settings) -> None:
    assert await page_of_somebody(settings, TENANT, "http://site.test") is None
