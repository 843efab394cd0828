"""A customer who opens their page and uses it, as a browser without JavaScript does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.domain.promise_link import Link, token_of
from shared.ids import derived_id
from shared.settings import Settings
from tests.integration.routing.company import TENANT, event_id
from tests.integration.routing.conftest import Caller
from tests.integration.routing.test_followups_api import SOLVED, patch


def followup_id(number: int, tenant: str = TENANT) -> UUID:
    """Return the id of the follow-up of the event with this number."""
    return derived_id("followup", str(event_id(number, tenant)))


def link_of_case(settings: Settings, number: int, tenant: str = TENANT, generation: int = 0) -> str:
    """Return the path of a customer's page."""
    link = Link(followup_id=followup_id(number, tenant), generation=generation)
    return f"/p/{token_of(link, settings.secret)}"


@dataclass(frozen=True, slots=True)
class Customer:
    """Opens one link."""

    client: AsyncClient
    path: str

    async def page(self, part: str = "", **headers: str) -> str:
        """Return the text of the page, which must be there."""
        answer = await self.open(part, **headers)
        assert answer.status_code == 200, answer.text
        return text_of(answer)

    async def open(self, part: str = "", **headers: str) -> Response:
        """Open the page."""
        return await self.client.get(f"{self.path}{part}", headers=headers)

    async def fields(self) -> dict[str, str]:
        """Return what the forms of the page carry."""
        page = (await self.open()).text
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))

    async def press(
        self, act: str, carried: dict[str, str] | None = None, **typed: str
    ) -> Response:
        """Send the form of an act; without `carried`, from a page opened just now."""
        given = await self.fields() if carried is None else carried
        return await self.client.post(f"{self.path}/{act}", data={**given, **typed})


def text_of(answer: Response) -> str:
    """Return what a reader sees of a page, with single spaces."""
    bare = re.sub(r"<(head|select)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


async def walk(client: AsyncClient, number: int, *states: str, version: int = 1) -> int:
    """Take a follow-up from state to state; return its version."""
    for step in states:
        body: dict[str, Any] = {"state": step}
        if step == "resolved":
            body["resolution"] = SOLVED
        answer = await patch(client, number, version, body)
        assert answer.status_code == 200, answer.text
        version += 1
    return version


async def resolve(call: Caller, number: int) -> int:
    """Resolve a follow-up that was opened just now; return its version."""
    states = ("acknowledged", "in_progress", "resolved")
    return await walk(call("vilay", "team_lead"), number, *states)


def customer_of(app: FastAPI, client: AsyncClient, number: int = 1) -> Customer:
    """Return the customer of a case."""
    return Customer(client, link_of_case(app.state.settings, number))
