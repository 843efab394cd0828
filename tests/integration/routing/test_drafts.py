"""What is typed into a case's forms, over HTTP and in the database: kept, found, forgotten."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from services.routing.adapters.drafts import forget_old_drafts
from services.routing.domain.drafts import KEPT_FOR
from shared.postgres.pool import Pool
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.promised import followup_id
from tests.integration.routing.test_followups_api import path_of
from tests.integration.routing.test_merging import merged, opened_in_turn, said

NOTE = {"note": "ນາງຢາກໃຫ້ໂທຫາ \U0001f4de"}


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1."""
    await opened(worker_pool, [scored(1, contact={"email": "som@example.com"})])
    return call("mali")


def page_of(number: int = 1) -> str:
    return f"/inbox/{followup_id(number)}"


async def typed(
    client: AsyncClient, form: str, fields: dict[str, str], number: int = 1, key: str = ""
) -> Response:
    body = {"form": form, "key": key, "fields": fields}
    return await client.post(f"{page_of(number)}/drafts", json=body)


async def drafts_on_page(client: AsyncClient, number: int = 1) -> dict[str, dict[str, str]]:
    """Return what the page puts back, by form."""
    page = await client.get(page_of(number), headers={"Accept": "text/html"})
    assert page.status_code == 200, page.text
    marks = re.findall(r'name="form" value="([a-z-]+)" data-draft data-kept="([^"]*)"', page.text)
    return {form: json.loads(html.unescape(kept)) for form, kept in marks}


async def test_the_last_that_was_typed_is_put_back(mali: AsyncClient) -> None:
    for words in ("Call", "Call her"):
        assert (await typed(mali, "next", {"note": words})).status_code == 204
    assert (await typed(mali, "reply", {"text": " ", "language": "lo"})).status_code == 204
    assert (await typed(mali, "next", NOTE)).status_code == 204
    assert await drafts_on_page(mali) == {"next": NOTE, "reply": {"language": "lo"}}
    assert (await typed(mali, "next", {"note": "  "})).status_code == 204
    assert await drafts_on_page(mali) == {"reply": {"language": "lo"}}


async def test_nobody_else_sees_it(mali: AsyncClient, call: Caller) -> None:
    await typed(mali, "next", NOTE)
    lead = call("vilay", "team_lead")
    assert await drafts_on_page(lead) == {}
    assert (await typed(lead, "next", {"note": "Mine"})).status_code == 204
    assert await drafts_on_page(call("mali")) == {"next": NOTE}


async def test_there_is_no_draft_for_a_case_that_is_not_the_tenants(
    mali: AsyncClient, call: Caller, worker_pool: Pool
) -> None:
    answer = await typed(call("mali", tenant=OTHER_TENANT), "next", NOTE)
    assert answer.status_code == 404
    answer = await call("mali").post(
        f"/inbox/{uuid4()}/drafts", json={"form": "next", "key": "", "fields": NOTE}
    )
    assert answer.status_code == 404
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.draft") == 0


async def test_what_is_too_long_is_refused_and_the_former_stays(mali: AsyncClient) -> None:
    await typed(mali, "next", NOTE)
    answer = await typed(mali, "next", {"note": "x" * 40_000})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "fields.note"
    assert await drafts_on_page(mali) == {"next": NOTE}


async def test_a_form_that_does_not_exist_is_refused(mali: AsyncClient) -> None:
    answer = await typed(mali, "nothing", NOTE)
    assert answer.status_code == 422
    assert "form" in answer.text


async def test_what_is_sent_is_no_draft_any_more_nor_what_comes_too_late(
    mali: AsyncClient,
) -> None:
    await typed(mali, "next", NOTE, key="k1")
    await typed(mali, "assign", {"note": "for Noy"})
    version = (await mali.get(path_of(1))).json()["version"]
    form = {"do": "note", "form": "next", "key": "k1", "version": version, **NOTE}
    sent = await mali.post(page_of(), data=form)
    assert sent.status_code == 303, sent.text
    assert await drafts_on_page(mali) == {"assign": {"note": "for Noy"}}
    assert (await typed(mali, "next", {"note": "too late"}, key="k1")).status_code == 204
    assert await drafts_on_page(mali) == {"assign": {"note": "for Noy"}}
    await typed(mali, "next", {"note": "and more"}, key="k2")
    assert "next" in await drafts_on_page(mali)


async def test_a_form_that_is_refused_keeps_its_draft(mali: AsyncClient) -> None:
    await typed(mali, "next", NOTE, key="k1")
    form = {"do": "note", "form": "next", "key": "k1", "version": "17", **NOTE}
    assert (await mali.post(page_of(), data=form)).status_code == 412
    assert await drafts_on_page(mali) == {"next": NOTE}


async def test_no_word_is_lost_when_cases_are_merged(call: Caller, worker_pool: Pool) -> None:
    contact = {"email": "som@example.com"}
    first, second = said(1, contact=contact), said(2, hours=5, contact=contact)
    await opened_in_turn(worker_pool, first, second)
    mali = call()
    await typed(mali, "reply", {"text": "Sorry.", "language": "en"}, 1)
    await typed(mali, "reply", {"text": "ຂໍອະໄພ", "language": "lo"}, 2)
    assert (await merged(mali, 2, 1)).status_code == 200
    joined = {"text": "Sorry.\n\nຂໍອະໄພ", "language": "en"}
    assert await drafts_on_page(mali, 1) == {"reply": joined}
    await typed(mali, "reply", joined, 1)
    assert await drafts_on_page(mali, 1) == {"reply": joined}
    await typed(mali, "reply", {"text": ""}, 1)
    assert await drafts_on_page(mali, 1) == {}
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.draft") == 0


async def test_old_drafts_are_forgotten(mali: AsyncClient, worker_pool: Pool) -> None:
    await typed(mali, "next", NOTE)
    saved_at = await worker_pool.fetchval("SELECT saved_at FROM routing.draft")
    second = timedelta(seconds=1)
    assert await forget_old_drafts(worker_pool, saved_at - second) == 0
    assert await forget_old_drafts(worker_pool, saved_at + second) == 1
    assert await drafts_on_page(mali) == {}
    assert timedelta(days=30) == KEPT_FOR
