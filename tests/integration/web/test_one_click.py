"""One-click sign-in is for this machine alone."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web import site
from tests.integration.web.visiting import bare_app


@pytest.mark.parametrize("address", ["https://loop.example", "http://192.168.1.7:8080"])
def test_one_click_sign_in_is_not_started_where_others_reach_it(
    local_settings: Settings, address: str
) -> None:
    exposed = local_settings.model_copy(update={"public_url": address})
    with pytest.raises(SettingsError, match="CLOSEDLOOP_MODE is local"):
        site.install(FastAPI(), exposed)


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "localhost", 303),
        ("192.168.1.7", "localhost", 403),
        ("127.0.0.1", "evil.example", 403),
    ],
)
async def test_one_click_sign_in_is_for_browsers_on_this_machine(
    browser: AsyncClient, local_settings: Settings, client: str, host: str, status: int
) -> None:
    await browser.get("/signin")  # the company has people to offer
    app = bare_app(local_settings)
    transport = ASGITransport(app=app, client=(client, 1))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url=f"https://{host}") as visitor,
    ):
        answer = await visitor.post("/signin", data={"who": "demo/mali/frontline_owner"})
        assert answer.status_code == status
