"""A bare app with nothing but what shared/web installs, and two routes to try it on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
import yaml
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from shared.program.store import open_programs
from shared.settings import Settings
from shared.web import site
from shared.web.auth import Principal, signed_in
from tests.integration.routing.company import DOCUMENT


@pytest.fixture
def local_settings(database_url: str) -> Settings:
    """Give settings without Kafka, which the web side does not touch."""
    return Settings.model_validate(
        {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "nowhere:1",
            "secret": "a secret for tests, long enough to sign with",
            "mode": "local",
            "public_url": "https://closedloop.localhost",
        }
    )


def bare_app(settings: Settings) -> FastAPI:
    """Return an app with a page that reads, one that changes, and one that breaks."""
    app = FastAPI()
    site.install(app, settings, max_body_bytes=1000)

    @app.get("/board")
    async def read(who: Annotated[Principal, Depends(signed_in())]) -> str:
        return who.name

    @app.post("/board")
    async def change(who: Annotated[Principal, Depends(signed_in("team_lead"))]) -> str:
        return who.name

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret of the house")

    return app


@pytest.fixture
async def browser(local_settings: Settings) -> AsyncIterator[AsyncClient]:
    """Give a client that asks for pages and keeps cookies, as a browser does."""
    async with open_programs(local_settings.database_url, role="closedloop_program") as programs:
        document = {name: part for name, part in DOCUMENT.items() if name != "version"}
        await programs.activate(yaml.safe_dump(document), who="tests", why="a first program")
    app = bare_app(local_settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            base_url="https://closedloop.localhost",
            headers={"Accept": "text/html"},
        ) as client,
    ):
        yield client
