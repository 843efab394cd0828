"""A case is linked to a systemic issue by hand: by API, on its page, many at once, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from shared.postgres.pool import Pool
from tests.integration.routing import told
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.promised import followup_id
from tests.integration.routing.test_bulk import BULK, asked, items
from tests.integration.routing.test_followups_api import LIST, patch, path_of, problem
from tests.integration.routing.test_issues import keep

LATE = str(told.issue_id("late"))
OVERCHARGED = str(told.issue_id("overcharged", "billing"))


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1, where issues are known."""
    await opened(worker_pool, [scored(number) for number in range(1, 4)])
    await worker_pool.execute("UPDATE routing.followup SET owner = 'mali'")
    await keep(
        worker_pool,
        told.issue("late", customers=38),
        told.issue("overcharged", touchpoint="billing"),
        told.issue("damaged", tenant=OTHER_TENANT),
    )
    return call("mali")


async def linked(client: AsyncClient) -> Mapping[str, str | None]:
    found = (await client.get(LIST, params={"limit": 200})).json()["items"]
    return {one["followup_id"]: one["issue_id"] for one in found if one["issue_id"]}


async def test_a_link_is_made_told_of_listed_and_taken_back(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    answer = await patch(mali, 1, 1, {"issue_id": OVERCHARGED})
    assert answer.status_code == 200, answer.text
    assert answer.json()["issue_id"] == OVERCHARGED
    message = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE followup_id = $1 AND version = 2",
        followup_id(1),
    )
    data = json.loads(message)["data"]
    assert (data["change"], data["issue_id"]) == ("linked", OVERCHARGED)
    rows = (await mali.get(LIST, params={"issue_id": OVERCHARGED, "open": "true"})).json()
    assert [one["followup_id"] for one in rows["items"]] == [str(followup_id(1))]
    assert rows["counts"]["matching"] == 1
    back = await patch(mali, 1, 2, {"issue_id": None})
    assert (back.status_code, back.json()["issue_id"]) == (200, None)
    history = (await mali.get(f"{path_of(1)}/history")).json()["items"]
    assert [one["change"] for one in history] == ["opened", "linked", "unlinked"]


@pytest.mark.parametrize(
    ("body", "version", "status", "slug"),
    [
        ({"issue_id": str(uuid4())}, 1, 422, "invalid"),
        ({"issue_id": str(told.issue_id("damaged", tenant=OTHER_TENANT))}, 1, 422, "invalid"),
        ({"issue_id": LATE, "state": "acknowledged"}, 1, 422, "invalid"),
        ({"issue_id": None}, 1, 422, "invalid"),
        ({"issue_id": LATE}, 7, 412, "stale-version"),
    ],
)
async def test_what_can_not_be_linked_is_refused(
    mali: AsyncClient, body: dict[str, Any], version: int, status: int, slug: str
) -> None:
    problem(await patch(mali, 1, version, body), status, slug)
    assert await linked(mali) == {}


async def test_somebody_of_another_team_links_nothing(mali: AsyncClient, call: Caller) -> None:
    stranger = call("stranger", "frontline_owner")
    assert (await patch(stranger, 1, 1, {"issue_id": LATE})).status_code == 403
    assert await linked(call("mali")) == {}


async def test_the_page_names_the_linked_issue_and_leads_to_the_others_of_it(
    mali: AsyncClient,
) -> None:
    place = f"/inbox/{followup_id(1)}"
    page = (await mali.get(place)).text
    assert page.index(LATE) < page.index(OVERCHARGED)
    empty = await mali.post(place, data={"do": "link", "version": 1, "key": "k0"})
    assert empty.status_code == 422
    assert "Say what it belongs to." in empty.text
    form = {"do": "link", "issue_id": OVERCHARGED, "version": 1, "key": "k1"}
    assert (await mali.post(place, data=form)).status_code == 303
    page = (await mali.get(place)).text
    assert "Part of something that keeps going wrong" in page
    assert f"/inbox?view=all&amp;issue={OVERCHARGED}" in page
    rows = (await mali.get("/inbox", params={"view": "all", "issue": OVERCHARGED})).text
    assert f"{followup_id(1)}" in rows
    assert f"{followup_id(2)}" not in rows
    assert "1 match" in rows
    assert (await mali.post(place, data={"do": "unlink", "version": 2, "key": "k2"})).is_redirect
    assert await linked(mali) == {}


async def test_many_are_linked_at_once_and_undone_to_what_each_was(mali: AsyncClient) -> None:
    await patch(mali, 1, 1, {"issue_id": OVERCHARGED})
    await patch(mali, 2, 1, {"issue_id": LATE})
    chosen = [*items(1, 2, version=2), *items(3)]
    report = await asked(mali, act="link", issue_id=LATE, items=chosen)
    assert (report["done"], len(report["refused"])) == (2, 1)
    assert "belongs to that issue already" in report["refused"][0]["reason"]
    assert set((await linked(mali)).values()) == {LATE}
    undone = (await mali.post(f"{BULK}/{report['bulk_id']}/undo")).json()
    assert undone["undone"] == 2
    assert await linked(mali) == {str(followup_id(1)): OVERCHARGED, str(followup_id(2)): LATE}
    history = (await mali.get(f"{path_of(3)}/history")).json()["items"]
    assert [one["change"] for one in history] == ["opened", "linked", "unlinked"]


async def test_a_bulk_that_names_no_issue_begins_nothing(mali: AsyncClient) -> None:
    body: dict[str, object] = {"act": "link", "items": items(1)}
    for wrong in (body, {**body, "issue_id": str(uuid4())}):
        answer = await mali.post(BULK, json=wrong, headers={"Idempotency-Key": "k"})
        problem(answer, 422, "invalid")
    right = await mali.post(BULK, json={**body, "issue_id": LATE}, headers={"Idempotency-Key": "k"})
    assert right.json()["done"] == 1, "the key was not used up"
