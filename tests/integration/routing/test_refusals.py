"""What is another tenant's, another team's or above one's role: refused at every route there is.

A route that is added is asked without a body that makes sense, until REQUESTS has one for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened, token
from tests.integration.routing.forbidden import TABLES, everything
from tests.integration.routing.promised import followup_id
from tests.integration.routing.test_webhooks_api import URL
from tests.integration.routing.webhooks import created, deliveries
from tests.integration.web.everywhere import Place, ask, places

V1 = "/followups/v1"
CASE = f"{V1}/followups/{{followup_id}}"
HOOK = f"{V1}/webhooks/{{webhook_id}}"
HOOKS_PAGE = "/webhooks/{webhook_id}"
BULKS = {f"{V1}/bulk", "/inbox/bulk"}
#: What is kept though every case of a bulk was refused: that it was asked for.
KEPT = [*(name for name in TABLES if not name.startswith(("bulk", "idem"))), "webhook", "delivery"]

#: What somebody who may would send: `version` and ids are filled in.
REQUESTS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("PATCH", CASE): {"json": {"note": "x"}},
    ("POST", f"{CASE}/contacts"): {"json": {"channel": "phone", "outcome": "no_answer"}},
    ("POST", f"{V1}/bulk"): {"json": {"act": "note", "note": "x", "matching": {}}},
    ("POST", "/inbox/bulk"): {"data": {"do": "note", "note": "x", "all": "true", "key": "form"}},
    ("POST", "/inbox/{followup_id}"): {"data": {"do": "note", "note": "x", "version": "{version}"}},
    ("POST", "/inbox/{followup_id}/promise"): {"data": {"do": "tell", "told_customer": "x"}},
    ("POST", f"{V1}/webhooks"): {"json": {"url": URL}},
    ("PATCH", HOOK): {"json": {"description": "x"}},
    ("POST", f"{HOOK}/replays"): {"json": {"failed": True}},
    ("POST", HOOKS_PAGE): {"data": {"do": "rotate", "version": "{hook_version}"}},
    ("POST", f"{HOOKS_PAGE}/replay"): {"data": {"delivery": "{delivery_id}"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A case, a webhook with deliveries and a bulk; and all places where one can ask for them."""

    client: AsyncClient
    connection: asyncpg.Connection
    settings: Settings
    places: list[Place]
    ids: Mapping[str, str]

    async def asked(
        self, place: Place, subject: str, role: str, *, tenant: str = "demo", **ids: str
    ) -> Response:
        """Ask as somebody, on the versions that are present."""
        present = await self.connection.fetchrow(
            "SELECT followup.version, webhook.version AS hook_version"
            " FROM routing.followup, routing.webhook WHERE webhook_id = $1",
            self.ids["webhook_id"],
        )
        assert present is not None
        known = {**self.ids, **ids, **{name: str(one) for name, one in present.items()}}
        version = known["hook_version" if "webhook" in place.path else "version"]
        headers = {
            "Authorization": f"Bearer {token(self.settings, subject, role, tenant)}",
            "If-Match": f'"{version}"',
            "Idempotency-Key": uuid4().hex,
        }
        given = dict(REQUESTS.get((place.method, place.path), {}))
        if "data" in given:
            given["data"] = {name: text.format(**known) for name, text in given["data"].items()}
        return await ask(self.client, place, known, headers=headers, **given)

    @property
    def changing(self) -> list[Place]:
        """Return the places that change something, but for signing in and out and customers'."""
        return [
            place
            for place in self.places
            if place.changes and not place.is_public and place.path != "/signout"
        ]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which this machine may be told."""
    return settings.model_copy(update={"webhook_allow": "127.0.0.0/8"})


@pytest.fixture
async def scene(
    app: FastAPI, settings: Settings, call: Caller, worker_pool: Pool
) -> AsyncIterator[Scene]:
    """Give what there is to ask for: all of the team delivery-care of the tenant demo."""
    root = call("root", "cx_admin")
    webhook = await created(root, URL)
    await opened(worker_pool, [scored(1)])
    bulk = await root.post(
        f"{V1}/bulk",
        json={"act": "assign", "owner": "noy", "matching": {}},
        headers={"Idempotency-Key": "scene"},
    )
    delivery = (await deliveries(root, webhook))[0]
    connection = await asyncpg.connect(settings.database_url)
    ids = {
        "followup_id": str(followup_id(1)),
        "webhook_id": webhook["webhook_id"],
        "bulk_id": bulk.json()["bulk_id"],
        "delivery_id": delivery["delivery_id"],
    }
    async with calling(app) as client:
        yield Scene(
            client=client,
            connection=connection,
            settings=settings,
            places=places({"routing": app}),
            ids=ids,
        )
    await connection.close()


def nameless(answer: Response, ids: Mapping[str, str]) -> str:
    """Return an answer without the ids that were asked for."""
    text = answer.text
    for name in ids.values():
        text = text.replace(name, "an id")
    return f"{answer.status_code} {text}"


async def test_what_is_another_tenants_is_like_what_is_not_there(scene: Scene) -> None:
    before = await everything(scene.connection, KEPT)
    nobodys = {name: str(uuid4()) for name in scene.ids}
    theirs = [one for one in scene.places if "_id}" in one.path]
    assert len(theirs) > 20, "the walk has found nearly nothing"
    told = []
    for place in theirs:
        asked = {"tenant": OTHER_TENANT, "subject": "root", "role": "cx_admin"}
        real = await scene.asked(place, **asked)
        none = await scene.asked(place, **asked, **nobodys)
        if nameless(real, scene.ids) != nameless(none, nobodys):
            told.append((place, real.status_code, none.status_code))
        elif real.status_code != 404 and (place.method, place.path) in REQUESTS:
            told.append((place, real.status_code, 404))
    assert told == []
    assert await everything(scene.connection, KEPT) == before


@pytest.mark.parametrize(
    ("subject", "role"),
    [
        ("eye", "auditor"),
        ("hand", "contributor"),
        ("hana", "department_head"),
        ("passer", "frontline_owner"),  # of no team
        ("ana", "team_lead"),  # of another team
    ],
)
async def test_who_has_no_part_in_it_changes_nothing_anywhere(
    scene: Scene, subject: str, role: str
) -> None:
    before = await everything(scene.connection, KEPT)
    assert len(scene.changing) > 15, "the walk has found nearly nothing"
    done = {}
    for place in scene.changing:
        answer = await scene.asked(place, subject, role)
        wanted = 403 if (place.method, place.path) in REQUESTS else 400
        if place.path not in BULKS and answer.status_code < wanted:
            done[place] = answer.status_code
    assert done == {}
    assert await everything(scene.connection, KEPT) == before


async def test_the_same_requests_are_done_for_who_may(scene: Scene) -> None:
    refused = {}
    for method, path in REQUESTS:
        place = Place("routing", method, path)
        assert place in scene.places
        answer = await scene.asked(place, "root", "cx_admin")
        if answer.status_code >= 400:
            refused[place] = answer.text
    assert refused == {}
