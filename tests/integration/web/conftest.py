"""A browser before a bare app, and a provider that it may go to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import yaml
from httpx import ASGITransport, AsyncClient

from shared.program.store import open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT
from tests.integration.web.visiting import MALI, Visitor, bare_app, visiting
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, BentProvider
from tests.support.serving import served


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


@pytest.fixture
def provider() -> Iterator[BentProvider]:
    provider = BentProvider(person=dict(MALI))
    with served(provider.app()) as address:
        provider.issuer = address
        yield provider


@pytest.fixture
def oidc_settings(local_settings: Settings, provider: BentProvider) -> Settings:
    return local_settings.model_copy(
        update={
            "mode": "production",
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_roles_claim": "groups",
            "oidc_roles": {"cx/agents": "frontline_owner", "cx/leads": "team_lead"},
            "oidc_tenant": "demo",
        }
    )


@pytest.fixture
async def visitor(oidc_settings: Settings) -> AsyncIterator[Visitor]:
    async with visiting(oidc_settings) as one:
        yield one
