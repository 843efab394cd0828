"""From what a customer said to what became of it, and back: the same rows behind every number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import ContactMade
from shared.ids import derived_id
from tests.integration.outer_loop.batches import NOW, Worker
from tests.integration.outer_loop.change_made import carried_out, heard, outcome, reachable
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.story import TENANT, changed, scored
from tests.integration.outer_loop.test_api import problem
from tests.integration.outer_loop.test_telling import messages, send, written


def followup(name: str) -> str:
    return str(derived_id("followup", TENANT, name))


def feedback(name: str) -> str:
    return str(derived_id("feedback", TENANT, name))


@pytest.fixture
async def issue_id(call: Caller, worker: Worker) -> str:
    """Give an issue that was fixed: c0 to c2 told, c3 on its way, c0 happy since, c1 unhappy."""
    issue = await heard(worker)
    called = ContactMade(channel=ContactChannel.PHONE, outcome=ContactOutcome.REACHED)
    vain = ContactMade(channel=ContactChannel.PHONE, outcome=ContactOutcome.NO_ANSWER)
    await worker.followups(
        [
            reachable(changed("f0", customer="c0", version=5), contact=called),
            reachable(changed("f1", customer="c1", version=5), contact=vain),
        ]
    )
    plan_id = await carried_out(call, issue)
    head = call("fatima", "department_head")
    await send(head, await written(head, plan_id))
    sent = await messages(worker)
    await worker.told([outcome(one) for one in sent[:3]])
    at = NOW + timedelta(hours=2)
    await worker.feedback(
        [
            scored("later0", customer="c0", category="promoter", at=at),
            scored("later1", customer="c1", category="detractor", at=at),
            scored("before", customer="c2", category="promoter", at=NOW),
            scored("elsewhere", customer="c2", touchpoint="delivery", at=at),
            scored("even later", customer="c0", category="passive", at=at + timedelta(hours=1)),
        ]
    )
    return issue


async def thread(client: AsyncClient, issue_id: str, **asked: str) -> dict[str, Any]:
    answer = await client.get(f"/issues/{issue_id}/thread", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_customers_are_counted_at_each_step_and_the_silent_ones_apart(
    call: Caller, issue_id: str
) -> None:
    found = await thread(call(), issue_id)
    assert found["confirmed"] == {
        "heard": 5,
        "answered": 1,
        "fixed": 5,
        "told": 3,
        "on_the_way": 1,
        "not_reachable": 0,
        "later": 2,
        "later_promoters": 1,
        "later_passives": 0,
        "later_detractors": 1,
        "silent": 1,
    }
    assert (found["suggested"]["heard"], found["suggested"]["told"]) == (2, 0)


STEPS = ("heard", "answered", "fixed", "told", "on_the_way", "not_reachable", "later", "silent")


@pytest.mark.parametrize("basis", ["confirmed", "suggested"])
async def test_every_number_has_as_many_customers_behind_it(
    call: Caller, issue_id: str, basis: str
) -> None:
    client = call()
    for step in STEPS:
        found = await thread(client, issue_id, step=step, basis=basis)
        assert len({row["customer_id"] for row in found["rows"]}) == found[basis][step], step


async def test_a_follow_up_leads_on_to_its_later_score_and_that_leads_back(
    call: Caller, issue_id: str
) -> None:
    client = call()
    [onward] = (await client.get("/thread", params={"followup": followup("f0")})).json()["onward"]
    assert onward["feedback_id"] == feedback("f0")
    assert onward["issue_id"] == issue_id
    assert (onward["outcome"], onward["later_category"]) == ("told", "promoter")
    assert onward["later_feedback_id"] == feedback("later0")
    found = (await client.get("/thread", params={"feedback": feedback("later0")})).json()
    assert [one["followup_id"] for one in found["behind"]] == [followup("f0")]
    assert found["onward"] == []
    same = (await client.get("/thread", params={"feedback": feedback("f0")})).json()
    assert same["onward"] == [onward]


async def test_what_a_customer_said_before_being_told_or_elsewhere_is_no_later_score(
    call: Caller, issue_id: str
) -> None:
    [one] = (await call().get("/thread", params={"followup": followup("f2")})).json()["onward"]
    assert (one["outcome"], one["later_feedback_id"]) == ("told", None)


async def test_feedback_after_the_change_was_not_fixed_by_it(
    call: Caller, worker: Worker, issue_id: str
) -> None:
    long_after = NOW + timedelta(days=3650)
    await worker.followups([reachable(changed("new", customer="c99", at=long_after))])
    found = await thread(call(), issue_id)
    assert (found["confirmed"]["heard"], found["confirmed"]["fixed"]) == (6, 5)


async def test_a_case_outside_every_issue_is_known_and_an_unknown_one_is_not(
    call: Caller, issue_id: str
) -> None:
    client = call()
    found = (await client.get("/thread", params={"followup": followup("f7")})).json()
    assert (len(found["followups"]), found["onward"]) == (1, [])
    unknown = await client.get("/thread", params={"followup": issue_id})
    assert problem(unknown, 404)
    assert problem(await client.get("/thread"), 422)["field"] == "followup"
    stranger = call("olga", "contributor", "other")
    assert (await stranger.get("/thread", params={"followup": followup("f0")})).status_code == 404
    assert (await stranger.get(f"/issues/{issue_id}/thread")).status_code == 404


async def test_pages_of_rows_come_to_all_of_them_once(
    call: Caller, worker: Worker, issue_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.outer_loop.routes.threads.ROWS_SHOWN", 2)
    seen: list[str] = []
    asked: dict[str, str] = {}
    while True:
        found = await thread(call(), issue_id, **asked)
        seen += [row["followup_id"] for row in found["rows"]]
        if found["next_cursor"] is None:
            break
        asked = {"cursor": found["next_cursor"]}
    assert sorted(seen) == sorted(followup(f"f{n}") for n in range(7))
    wrong = await call().get(f"/issues/{issue_id}/thread", params={"cursor": "nonsense"})
    assert problem(wrong, 400)["field"] == "cursor"
