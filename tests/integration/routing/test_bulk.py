"""Many at once: each by its own rules, once, and put back as it was."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from services.routing.handlers import bulk
from shared.ids import derived_id
from shared.postgres.pool import Pool
from tests.integration.routing.company import OTHER_TENANT, TENANT, event_id, scored
from tests.integration.routing.conftest import Caller, opened

BULK = "/followups/v1/bulk"
LIST = "/followups/v1/followups"


def id_of(number: int, tenant: str = TENANT) -> str:
    return str(derived_id("followup", str(event_id(number, tenant))))


def items(*numbers: int, version: int = 1) -> list[dict[str, Any]]:
    return [{"followup_id": id_of(number), "version": version} for number in numbers]


async def asked(client: AsyncClient, key: str = "k", **body: object) -> dict[str, Any]:
    answer = await client.post(BULK, json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def owners_and_states(client: AsyncClient) -> dict[str, tuple[str, str]]:
    found = (await client.get(LIST, params={"limit": 200})).json()["items"]
    return {one["followup_id"]: (one["owner"], one["state"]) for one in found}


async def test_each_is_judged_by_itself_and_told_of_like_a_single_change(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(n) for n in range(4)])
    await opened(worker_pool, [scored(9, touchpoint="billing"), scored(1, tenant=OTHER_TENANT)])
    client = call("vilay", "team_lead")
    await client.patch(f"{LIST}/{id_of(2)}", json={"note": "x"}, headers={"If-Match": '"1"'})
    mine = [*items(0, 1, 2, 3, 9), {"followup_id": id_of(1, OTHER_TENANT), "version": 1}]
    told = await asked(client, act="assign", owner="noy", note="Holiday.", items=mine)
    refused = {one["followup_id"]: one["reason"] for one in told["refused"]}
    now = await owners_and_states(client)
    assert refused[id_of(2)] == "Somebody changed it meanwhile."
    assert refused[id_of(9)].startswith("Only the team billing-care")
    assert refused[id_of(1, OTHER_TENANT)] == "There is no such follow-up."
    done = {id_of(n) for n in (0, 1, 3)} - refused.keys()
    assert told["done"] == len(done) > 0
    assert {now[one][0] for one in done} == {"noy"}
    for one in done:
        history = (await client.get(f"{LIST}/{one}/history")).json()["items"]
        assert [entry["change"] for entry in history] == ["opened", "assigned"]
        assert history[-1]["note"] == "Holiday."


async def test_undo_puts_all_back_but_what_was_changed_since(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(n) for n in range(12)])
    client = call("vilay", "team_lead")
    before = await owners_and_states(client)
    told = await asked(client, act="assign", owner="noy", matching={})
    assert told["done"] + len(told["refused"]) == 12
    assert {owner for owner, _ in (await owners_and_states(client)).values()} == {"noy"}
    changed = next(one for one, (owner, _) in before.items() if owner != "noy")
    await client.patch(f"{LIST}/{changed}", json={"note": "mine"}, headers={"If-Match": '"2"'})
    for _ in range(2):  # a repeat does nothing more
        undone = (await client.post(f"{BULK}/{told['bulk_id']}/undo")).json()
        assert undone["undone"] == told["done"] - 1
        assert [one["followup_id"] for one in undone["kept"]] == [changed]
        assert not undone["can_be_undone"]
    after = await owners_and_states(client)
    assert {**after, changed: before[changed]} == before


async def test_every_change_of_a_bulk_and_its_undo_is_published(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(n) for n in range(6)])
    client = call("vilay", "team_lead")
    told = await asked(client, act="assign", owner="mali", matching={})
    await client.post(f"{BULK}/{told['bulk_id']}/undo")
    published = await worker_pool.fetchval("SELECT count(*) FROM routing.outbox")
    assert published == 2 * told["done"] > 0


async def test_a_repeat_goes_on_and_tells_the_same_and_two_at_once_do_it_once(
    call: Caller, worker_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_A_TIME", 2)
    await opened(worker_pool, [scored(n) for n in range(9)])
    client = call("vilay", "team_lead")
    told = await asyncio.gather(
        *(asked(client, act="note", note="Read this.", matching={}) for _ in range(3))
    )
    assert told[0] == told[1] == told[2]
    assert told[0]["done"] == 9
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.followup_change") == 18
    other = await client.post(
        BULK, json={"act": "take", "matching": {}}, headers={"Idempotency-Key": "k"}
    )
    assert other.status_code == 422


async def test_what_can_not_be_asked_is_refused_in_words(
    call: Caller, worker_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(worker_pool, [scored(n) for n in range(3)])
    client = call("vilay", "team_lead")
    for body, field in (
        ({"act": "resolve", "matching": {}}, "act"),
        ({"act": "take"}, ""),
        ({"act": "take", "items": [], "matching": {}}, ""),
        ({"act": "take", "items": []}, "items"),
        ({"act": "assign", "matching": {}}, "owner"),
        ({"act": "note", "note": " ", "matching": {}}, "note"),
    ):
        answer = await client.post(BULK, json=body, headers={"Idempotency-Key": str(body)})
        assert answer.status_code == 422, body
        assert answer.json().get("field", "").endswith(field), answer.text
    without = await client.post(BULK, json={"act": "take", "matching": {}})
    assert without.json()["field"] == "Idempotency-Key"
    monkeypatch.setattr(bulk, "MOST_IN_A_BULK", 2)
    answer = await client.post(
        BULK, json={"act": "take", "matching": {}}, headers={"Idempotency-Key": "many"}
    )
    assert "narrow the filter" in answer.json()["detail"]


async def test_a_bulk_is_its_makers_own(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    told = await asked(call("vilay", "team_lead"), act="note", note="x", matching={})
    place = f"{BULK}/{told['bulk_id']}"
    assert (await call("vilay", "team_lead").get(place)).json() == told
    assert (await call("mali").get(place)).status_code == 404
    assert (await call("vilay", "team_lead", OTHER_TENANT).post(f"{place}/undo")).status_code == 404
    stays = await call("vilay", "team_lead").post(f"{place}/undo")
    assert stays.status_code == 422
