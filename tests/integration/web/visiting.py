"""A bare app with a few routes to try, and a browser on it that can walk over to the provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from shared.settings import Settings
from shared.web import site
from shared.web.auth import COOKIE, Principal, signed_in

HOME = "https://closedloop.localhost"
MALI = {
    "sub": "0af3",
    "preferred_username": "mali",
    "name": "Mali Chan",
    "groups": ["everybody", "cx/agents"],
}


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


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser on our site, which can walk over to the provider."""

    client: AsyncClient

    async def to_provider(self, target: str = "/board") -> str:
        """Begin, and return the provider's address for this attempt."""
        sent = await self.client.get("/signin/oidc", params={"next": target})
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    async def answer_of(self, address: str) -> str:
        """Sign in at the provider and return the path that it sends back to."""
        async with httpx.AsyncClient() as outside:
            place = urlsplit((await outside.get(address)).headers["location"])
        assert f"{place.scheme}://{place.netloc}" == HOME
        return f"{place.path}?{place.query}"

    async def sign_in(self, target: str = "/board") -> httpx.Response:
        """Go all the way."""
        return await self.client.get(await self.answer_of(await self.to_provider(target)))


@asynccontextmanager
async def visiting(settings: Settings) -> AsyncIterator[Visitor]:
    app = bare_app(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            base_url=HOME,
            headers={"Accept": "text/html"},
        ) as client,
    ):
        yield Visitor(client)


async def recorded(settings: Settings) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(settings.database_url)
    rows = await connection.fetch(
        "SELECT how, refused, tenant, subject, roles FROM web.sign_in ORDER BY id"
    )
    await connection.close()
    return [tuple(row) for row in rows]


def assert_refused(answer: httpx.Response, status: int, slug: str) -> None:
    """Check that a page says why, and that nobody is signed in."""
    assert (answer.status_code, slug in answer.text) == (status, True), answer.text
    assert COOKIE not in answer.cookies
