"""A note that names a colleague: told by event, shown until the case is opened."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient

from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.promised import customer_of, followup_id
from tests.integration.routing.test_bulk import asked
from tests.integration.routing.test_followups_api import patch, path_of


async def named_in_inbox(client: AsyncClient) -> bool:
    page = (await client.get("/inbox")).text
    return "Colleagues ask for you" in page


async def test_a_colleague_is_told_until_they_open_the_case(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1), scored(1, tenant=OTHER_TENANT)])
    assert (
        await patch(call("mali"), 1, 1, {"note": "@noy knows this <b>customer</b>."})
    ).is_success
    page = (await call("noy").get("/inbox")).text
    assert "Colleagues ask for you" in page
    assert "<strong>Mali</strong>" in page
    assert "@noy knows this &lt;b&gt;customer&lt;/b&gt;." in page
    assert not await named_in_inbox(call("mali"))
    assert not await named_in_inbox(call("noy", "frontline_owner", OTHER_TENANT))
    assert (await call("noy").get(f"/inbox/{followup_id(1)}")).status_code == 200
    assert not await named_in_inbox(call("noy"))
    message = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE version = 2 AND tenant = $1", "demo"
    )
    assert FollowUpChanged.model_validate_json(message).data.mentioned == ("noy",)


async def test_a_bulk_note_names_too(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(n) for n in (1, 2)])
    wish: dict[str, Any] = {"act": "note", "note": "@noy, please.", "matching": {}}
    told = await asked(call("vilay", "team_lead"), **wish)
    assert told["done"] == 2
    page = (await call("noy").get("/inbox")).text
    assert page.count("@noy, please.") == 2


async def test_a_customer_names_nobody(app: FastAPI, call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    async with calling(app) as browser:
        await customer_of(app, browser).press("add", words="@noy promised me a call")
    assert not await named_in_inbox(call("noy"))


async def test_a_note_that_was_refused_names_nobody(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    assert (await patch(call("mali"), 1, 9, {"note": "@noy"})).status_code == 412
    assert not await named_in_inbox(call("noy"))
    assert (await call("mali").get(path_of(1))).json()["version"] == 1
