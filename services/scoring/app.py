"""The read API: how events were scored, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.scoring.bootstrap import open_reading
from services.scoring.routes import feedback, health
from shared.settings import Settings
from shared.web import site


def create_app(settings: Settings) -> FastAPI:
    """Return the app; its pools are open while its lifespan lasts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_reading(settings) as reading:
            app.state.reading = reading
            yield

    app = FastAPI(
        title="Scores",
        version="1",
        lifespan=lifespan,
        openapi_url=f"{feedback.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    site.install(app, settings)
    app.include_router(feedback.routes)
    app.include_router(health.routes)
    return app
