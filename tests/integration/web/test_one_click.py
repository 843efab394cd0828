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


async def test_one_click_sign_in_is_for_browsers_on_this_machine(local_settings: Settings) -> None:
    who = {"who": "demo/mali/frontline_owner"}
    app = bare_app(local_settings)
    async with app.router.lifespan_context(app):
        for client, host in (("192.168.1.7", "localhost"), ("127.0.0.1", "evil.example")):
            transport = ASGITransport(app=app, client=(client, 1))
            async with AsyncClient(transport=transport, base_url=f"https://{host}") as visitor:
                assert (await visitor.post("/signin", data=who)).status_code == 403
