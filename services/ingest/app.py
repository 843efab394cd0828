"""The ingest API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.routing import Route

from services.ingest.bootstrap import Intake, open_intake
from services.ingest.routes.events import MAX_BODY_BYTES, PATH, hand_in
from services.ingest.routes.openapi import describe
from shared.settings import Settings
from shared.web import site


def create_app(settings: Settings) -> FastAPI:
    """Return the app; its pool and producer are open while its lifespan lasts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_intake(settings) as intake:
            app.state.intake = intake
            yield

    app = FastAPI(
        title="closedloop ingest",
        version="1",
        lifespan=lifespan,
        openapi_url="/ingest/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    site.install(app, settings, max_body_bytes=MAX_BODY_BYTES)
    app.router.routes.insert(0, Route(PATH, hand_in, methods=["POST"], name="hand_in"))
    app.add_api_route("/healthz", healthz, tags=["health"])
    app.add_api_route("/readyz", readyz, tags=["health"])
    app.openapi = describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


async def healthz() -> dict[str, str]:
    """Tell that the process runs."""
    return {"status": "ok"}


async def readyz(request: Request) -> dict[str, str]:
    """Tell that keys can be looked up; without PostgreSQL the answer is a problem, 503."""
    intake: Intake = request.app.state.intake
    await intake.pool.fetchval("SELECT 1")
    return {"status": "ready"}
