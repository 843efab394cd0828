"""A company whose customers are written to by WhatsApp, and the webhook that carries it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import yaml
from fastapi import FastAPI
from httpx import AsyncClient

from services.routing.app import create_app
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT, TENANT
from tests.integration.routing.conftest import calling, token
from tests.integration.routing.webhooks import created

CONTACT = {"name": "Som Chai", "phone": "+856 20 5555 1234"}
WEBHOOK_NOBODY_HAS = "00000000-0000-4000-8000-000000000001"


def document(webhook: str) -> dict[str, Any]:
    """Return the company's program, its channels carried by a webhook."""
    channels = [
        {"id": "whatsapp", "name": "WhatsApp", "webhook": webhook, "quotes": True},
        {"id": "line", "name": "LINE", "webhook": webhook, "reaches_by": "email"},
        {"id": "app", "name": "The app", "webhook": webhook, "reaches_by": "customer_id"},
    ]
    contact = {**DOCUMENT["contact"], "channels": channels}
    return {**{k: v for k, v in DOCUMENT.items() if k != "version"}, "contact": contact}


def programs(webhook: str) -> dict[str, Program]:
    """Return the program that counts, as the clock is given it."""
    return {TENANT: Program.model_validate(document(webhook))}


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the running app, before any program counts."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@contextlib.asynccontextmanager
async def somebody(
    app: FastAPI, subject: str, role: str = "frontline_owner", tenant: str = TENANT
) -> AsyncIterator[AsyncClient]:
    """Give a client of their own."""
    bearer = f"Bearer {token(app.state.settings, subject, role, tenant)}"
    async with calling(app, Authorization=bearer) as client:
        yield client


async def carry(settings: Settings, admin: AsyncClient, url: str) -> dict[str, Any]:
    """Set up a webhook that carries the company's channels, and make the program count."""
    webhook = await created(admin, url, events=["reply.requested"])
    await activate(settings, webhook["webhook_id"])
    return webhook


async def activate(settings: Settings, webhook: str) -> None:
    """Make a program count whose channels this webhook carries."""
    async with open_programs(settings.database_url, role="closedloop_program") as store:
        text = yaml.safe_dump(document(webhook), allow_unicode=True)
        await store.activate(text, who="tests", why="a first program")
