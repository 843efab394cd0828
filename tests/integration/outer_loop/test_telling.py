"""Customers whose feedback led to a change: who may be told, by whom, and each only once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from shared.contracts.events import FollowUpState
from tests.contract.schemas import validate
from tests.integration.outer_loop.batches import NOW, Worker
from tests.integration.outer_loop.change_made import (
    approved_plan,
    carried_out,
    heard,
    outcome,
    reachable,
)
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.story import changed, shuffled_with_repeats
from tests.integration.outer_loop.test_api import problem

WORDS = {"en": "Refunds now take two days.", "th": "คืนเงินภายในสองวัน"}


@pytest.fixture
async def issue_id(worker: Worker) -> str:
    """Give an issue that five customers' causes confirm and two customers' words suggest."""
    return await heard(worker)


@pytest.fixture
async def plan_id(call: Caller, issue_id: str) -> str:
    """Give its plan, carried out."""
    return await carried_out(call, issue_id)


async def written(head: AsyncClient, plan_id: str, **given: object) -> dict[str, Any]:
    body = {"texts": WORDS, **given}
    answer = await head.post(f"/plans/{plan_id}/communications", json=body)
    assert answer.status_code == 201, answer.text
    draft: dict[str, Any] = answer.json()
    return draft


async def send(head: AsyncClient, draft: dict[str, Any]) -> Any:  # noqa: ANN401
    return await head.post(
        f"/communications/{draft['communication_id']}/approval",
        headers={"If-Match": f'"{draft["version"]}"'},
    )


async def messages(worker: Worker) -> list[dict[str, Any]]:
    rows = await worker.rows(
        "SELECT value FROM outer_loop.outbox WHERE topic = 'loop.communication.v1' ORDER BY id"
    )
    return [validate("loop.communication.v1", row["value"]) for row in rows]


async def test_those_with_a_confirmed_and_a_suggested_cause_are_counted_apart(
    call: Caller, plan_id: str
) -> None:
    found = (await call().get(f"/plans/{plan_id}/communications")).json()
    assert found["confirmed"] == {"customers": 5, "told": 0, "without_contact": 1, "now": 4}
    assert found["suggested"] == {"customers": 2, "told": 0, "without_contact": 1, "now": 1}
    assert found["languages"] == {"th": 2, "en": 1, "lo": 1, "zh": 1}


async def test_one_message_goes_to_each_customer_who_may_be_told(
    call: Caller, worker: Worker, plan_id: str, issue_id: str
) -> None:
    head = call("fatima", "department_head")
    draft = await written(head, plan_id)
    assert await messages(worker) == []
    answer = await send(head, draft)
    assert (answer.status_code, answer.json()["state"]) == (200, "sent")
    sent = await messages(worker)
    assert [one["data"]["customer_id"] for one in sent] == ["c0", "c1", "c2", "c3"]
    assert {one["data"]["basis"] for one in sent} == {"confirmed"}
    assert sent[0]["data"]["texts"] == WORDS
    assert sent[0]["data"]["issue_id"] == issue_id
    assert sent[0]["data"]["approved_by"] == "fatima"
    assert len({one["id"] for one in sent}) == 4
    found = (await call().get(f"/plans/{plan_id}/communications")).json()
    assert found["confirmed"] == {"customers": 5, "told": 4, "without_contact": 1, "now": 0}


async def test_a_further_communication_reaches_only_those_whom_the_first_did_not(
    call: Caller, worker: Worker, plan_id: str
) -> None:
    head = call("fatima", "department_head")
    await send(head, await written(head, plan_id))
    before = await messages(worker)
    await worker.told([outcome(before[0]), outcome(before[1], "refused")])
    again = await send(head, await written(head, plan_id, with_suggested=True))
    assert again.status_code == 200, again.text
    fresh = (await messages(worker))[len(before) :]
    assert [(one["data"]["customer_id"], one["data"]["basis"]) for one in fresh] == [
        ("c1", "confirmed"),
        ("c5", "suggested"),
    ]


async def test_approving_from_two_windows_at_once_sends_once(
    call: Caller, worker: Worker, plan_id: str
) -> None:
    head = call("fatima", "department_head")
    draft = await written(head, plan_id)
    answers = await asyncio.gather(*(send(head, draft) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len(await messages(worker)) == 4


async def test_an_approval_that_comes_again_under_its_key_gets_the_same_answer(
    call: Caller, worker: Worker, plan_id: str
) -> None:
    head = call("fatima", "department_head")
    draft = await written(head, plan_id)
    head.headers["Idempotency-Key"] = "one"
    first, second = await send(head, draft), await send(head, draft)
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert len(await messages(worker)) == 4


async def test_what_became_of_it_is_counted_once_however_often_it_is_told(
    call: Caller, worker: Worker, plan_id: str
) -> None:
    head = call("fatima", "department_head")
    await send(head, await written(head, plan_id))
    sent = await messages(worker)
    told = [outcome(sent[0]), outcome(sent[1]), outcome(sent[2], "no_address"), outcome(sent[0])]
    assert [one.fresh for one in await worker.told(told)] == [True, True, True, False]
    assert [one.fresh for one in await worker.told(told)] == [False] * 4
    spoke = reachable(
        changed("f0", customer="c0", version=9),
        actor="customer",
        change="customer_added",
        changed_at=NOW + timedelta(hours=2),
    )
    await worker.followups([spoke])
    [line] = (await call().get(f"/plans/{plan_id}/communications")).json()["communications"]
    assert line["result"] == {
        "recipients": 4,
        "told": 2,
        "not_reachable": 1,
        "on_the_way": 1,
        "answered": 1,
        "reasons": {"no_address": 1},
    }


async def test_threads_are_the_same_whatever_the_order_of_changes(worker: Worker) -> None:
    versions = [
        reachable(
            changed("f0", version=n, state=FollowUpState.ASSIGNED, what=None),
            by_mail=n < 5,
            actor="customer" if n in {2, 4} else "olga",
        )
        for n in range(1, 7)
    ]
    await worker.followups(versions)
    query = "SELECT * FROM outer_loop.followup_thread"
    in_order = await worker.rows(query)
    assert in_order[0]["version"] == 6
    assert not in_order[0]["can_be_written_to"]
    assert in_order[0]["customer_spoke_at"] == versions[3].data.changed_at
    for seed in range(5):
        for event in shuffled_with_repeats(versions, seed):
            await worker.followups([event])  # type: ignore[list-item]  # they are its events
        assert await worker.rows(query) == in_order


REFUSED = [
    ({"th": "คืนเงิน"}, 422, "texts.en"),
    ({"en": "   "}, 422, "texts.en"),
    ({"en": "x", "xx": "y"}, 422, "texts.xx"),
    ({"en": "x" * 1501}, 422, None),
]


@pytest.mark.parametrize(("texts", "status", "field"), REFUSED)
async def test_words_that_cannot_be_sent_are_refused_by_name(
    call: Caller, plan_id: str, texts: dict[str, str], status: int, field: str | None
) -> None:
    head = call("fatima", "department_head")
    answer = await head.post(f"/plans/{plan_id}/communications", json={"texts": texts})
    assert problem(answer, status).get("field", field) == (
        field or problem(answer, status)["field"]
    )
    found = (await head.get(f"/plans/{plan_id}/communications")).json()
    assert found["communications"] == []


async def test_nothing_is_told_before_the_change_is_made(call: Caller, issue_id: str) -> None:
    plan = await approved_plan(call, issue_id)
    head = call("fatima", "department_head")
    answer = await head.post(f"/plans/{plan['plan_id']}/communications", json={"texts": WORDS})
    assert "no change to tell yet" in problem(answer, 409)["detail"]


async def test_a_contributor_writes_to_no_customer(call: Caller, plan_id: str) -> None:
    answer = await call().post(f"/plans/{plan_id}/communications", json={"texts": WORDS})
    assert answer.status_code == 403


async def test_one_draft_waits_at_a_time_and_a_stale_change_is_refused(
    call: Caller, plan_id: str
) -> None:
    head = call("fatima", "department_head")
    draft = await written(head, plan_id)
    again = await head.post(f"/plans/{plan_id}/communications", json={"texts": WORDS})
    assert problem(again, 409)["remedy"] == "Change that one, or send it first."
    place = f"/communications/{draft['communication_id']}"
    new = {"texts": {"en": "Shorter."}}
    assert (await head.patch(place, json=new)).status_code == 428
    assert (await head.patch(place, json=new, headers={"If-Match": '"1"'})).status_code == 200
    stale = await head.patch(place, json=new, headers={"If-Match": '"1"'})
    assert problem(stale, 412)["current"]["version"] == 2
    sent = await send(head, draft | {"version": 2})
    assert sent.status_code == 200
    late = await head.patch(place, json=new, headers={"If-Match": '"3"'})
    assert "It is sent" in problem(late, 409)["detail"]


async def test_another_tenant_finds_no_communication(call: Caller, plan_id: str) -> None:
    head = call("fatima", "department_head")
    draft = await written(head, plan_id)
    stranger = call("fatima", "department_head", "other")
    place = f"/communications/{draft['communication_id']}"
    assert (await stranger.get(place)).status_code == 404
    assert (await send(stranger, draft)).status_code == 404
    assert (await stranger.get(f"/plans/{plan_id}/communications")).status_code == 404
