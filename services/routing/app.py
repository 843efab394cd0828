"""The follow-up API and the inbox, as one app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.routing.bootstrap import open_desk
from services.routing.routes import (
    attachments,
    bulk,
    case,
    channel_replies,
    contacts,
    desk,
    drafts,
    escalations,
    followups,
    health,
    inbox,
    live,
    measures,
    merging,
    presence,
    promise,
    promise_panel,
    recoveries,
    recovery_pages,
    replies,
    saved_view_pages,
    saved_views,
    webhook_deliveries,
    webhook_pages,
    webhooks,
)
from services.routing.routes.attachments import MAX_BODY_BYTES
from shared.settings import Settings
from shared.web import site


def create_app(settings: Settings) -> FastAPI:
    """Return the app; its lifespan opens PostgreSQL and publishes what requests change."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_desk(settings) as desk:
            app.state.desk = desk
            yield

    app = FastAPI(
        title="Follow-ups",
        version="1",
        lifespan=lifespan,
        openapi_url=f"{followups.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    site.install(app, settings, max_body_bytes=MAX_BODY_BYTES)
    app.include_router(followups.routes)
    app.include_router(contacts.routes)
    app.include_router(attachments.api)
    app.include_router(attachments.pages)
    app.include_router(escalations.routes)
    app.include_router(webhooks.routes)
    app.include_router(webhook_deliveries.routes)
    app.include_router(inbox.routes)
    app.include_router(bulk.api)
    app.include_router(bulk.pages)
    app.include_router(live.routes)
    app.include_router(merging.api)
    app.include_router(recoveries.routes)
    app.include_router(recovery_pages.routes)
    app.include_router(merging.pages)
    app.include_router(saved_views.routes)
    app.include_router(saved_view_pages.routes)
    app.include_router(case.routes)
    app.include_router(drafts.routes)
    app.include_router(presence.routes)
    app.include_router(replies.routes)
    app.include_router(channel_replies.api)
    app.include_router(channel_replies.pages)
    app.include_router(measures.routes)
    app.include_router(desk.routes)
    app.include_router(webhook_pages.routes)
    app.include_router(promise.routes)
    app.include_router(promise_panel.routes)
    app.include_router(health.routes)
    return app
