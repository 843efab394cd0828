"""One web server for the apps of all services, each under its own prefixes: local use only.

In production each app runs alone, behind one ingress with the same prefixes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.ports import LOOPBACK
from services.ingest.app import create_app as create_ingest
from services.outer_loop.app import create_app as create_outer_loop
from services.routing.app import create_app as create_routing
from services.scoring.app import create_app as create_scoring
from shared.errors import ClosedLoopError
from shared.settings import Settings, from_environment
from shared.telemetry.log import configure
from shared.web.serving import serve_app

HOME = "/inbox"
FACTORIES: Mapping[str, Callable[[Settings], FastAPI]] = {
    "routing": create_routing,
    "outer_loop": create_outer_loop,
    "ingest": create_ingest,
    "scoring": create_scoring,
}
#: Who answers under which first path segment; the others, sign-in and files, are the first app's.
SEGMENTS = {
    "followups": "routing",
    "inbox": "routing",
    "webhooks": "routing",
    "outer-loop": "outer_loop",
    "board": "outer_loop",
    "ingest": "ingest",
    "scoring": "scoring",
}

_GOODBYE_S = 5


class Front:
    """Hands each request to the app of its first path segment."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self._apps = apps
        self._first = next(iter(apps.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app; of an unknown path the first app says that it is unknown."""
        name = SEGMENTS.get(scope["path"].lstrip("/").partition("/")[0], "")
        await self._apps.get(name, self._first)(scope, receive, send)


def create_front(apps: Mapping[str, FastAPI]) -> Starlette:
    """Return one app that runs the lifespans of all and answers for all of them."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def health(request: Request) -> Response:
        answers = await asyncio.gather(*(_ask(app, request.url.path) for app in apps.values()))
        well = all(answer == HTTPStatus.OK for answer in answers)
        return JSONResponse(
            dict(zip(apps, answers, strict=True)),
            HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def home(_: Request) -> Response:
        return RedirectResponse(HOME)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", home),
            Route("/healthz", health),
            Route("/readyz", health),
            Mount("", app=Front(apps)),
        ],
    )


async def _ask(app: ASGIApp, path: str) -> int:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return (await client.get(path)).status_code


def serve(port: int) -> None:
    """Serve until a signal says stop."""
    settings = from_environment()
    configure(settings.log_format, process="web")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # our own health checks
    front = create_front({name: create(settings) for name, create in FACTORIES.items()})
    serve_app(front, host=LOOPBACK, port=port, goodbye_s=_GOODBYE_S)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="All of closedloop's pages and APIs on one port.")
    parser.add_argument("--port", type=int, required=True)
    try:
        serve(parser.parse_args().port)
    except ClosedLoopError as error:
        sys.exit(f"closedloop: {error}")
