from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from deploy.local.web import SEGMENTS, create_front

OPENED: list[str] = []


def app_named(name: str, *, health: int = 200) -> FastAPI:
    """Return an app that answers every path with its name."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        OPENED.append(name)
        yield
        OPENED.remove(name)

    async def answer(request: Request) -> Response:
        path = request.url.path
        return Response(f"{name} {path}", health if path == "/healthz" else 200)

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.add_api_route("/{path:path}", answer)
    return app


def client(**health: int) -> httpx.AsyncClient:
    names = ("routing", "outer_loop", "ingest", "scoring")
    front = create_front({name: app_named(name, health=health.get(name, 200)) for name in names})
    return httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://local")


@pytest.mark.parametrize(("segment", "service"), SEGMENTS.items())
async def test_each_prefix_is_answered_by_its_service(segment: str, service: str) -> None:
    async with client() as http:
        assert (await http.get(f"/{segment}/v1/x")).text == f"{service} /{segment}/v1/x"


@pytest.mark.parametrize("path", ["/signin", "/static/style.css", "/unknown"])
async def test_what_belongs_to_no_service_is_answered_by_the_first(path: str) -> None:
    async with client() as http:
        assert (await http.get(path)).text == f"routing {path}"


async def test_the_root_leads_to_the_inbox() -> None:
    async with client() as http:
        assert (await http.get("/")).headers["location"] == "/inbox"


async def test_health_is_that_of_all_services() -> None:
    async with client() as http:
        assert (await http.get("/healthz")).status_code == 200
    async with client(ingest=503) as http:
        answer = await http.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["ingest"] == 503
        assert answer.json()["routing"] == 200


async def test_the_lifespans_of_all_apps_run() -> None:
    front = create_front({name: app_named(name) for name in ("routing", "scoring")})
    async with front.router.lifespan_context(front):
        assert OPENED == ["routing", "scoring"]
    assert OPENED == []
