"""How events were scored and why, and the review queue: an API and pages, as one app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.scoring.bootstrap import open_reading
from services.scoring.routes import (
    explanation_page,
    feedback,
    health,
    review_page,
    reviews,
)
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
    for part in (feedback, reviews, explanation_page, review_page, health):
        app.include_router(part.routes)
    return app
