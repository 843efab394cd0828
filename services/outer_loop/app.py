"""The outer-loop API and the board, as one app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.outer_loop.bootstrap import open_board
from services.outer_loop.routes import (
    board,
    causes_page,
    effect_page,
    health,
    impact,
    issue_page,
    issues,
    pages,
    plan_page,
    plans,
    telling,
    telling_page,
    thread_page,
    threads,
)
from shared.settings import Settings
from shared.web import site

#: What the app is made of, the API before the pages.
_PARTS = (
    issues,
    plans,
    impact,
    telling,
    board,
    causes_page,
    issue_page,
    plan_page,
    telling_page,
    threads,
    thread_page,
    effect_page,
    pages,
    health,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the app; its lifespan opens PostgreSQL and publishes what people change."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_board(settings) as opened:
            app.state.outer_loop = opened
            yield

    app = FastAPI(
        title="Outer loop",
        version="1",
        lifespan=lifespan,
        openapi_url="/outer-loop/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    site.install(app, settings)
    for part in _PARTS:
        app.include_router(part.routes)
    return app
