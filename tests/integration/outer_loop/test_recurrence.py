"""What a plan had cured comes back: the issue is open again, with its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.contracts.events import FollowUpChanged
from tests.contract.schemas import validate
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.change_made import carried_out, heard
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.story import changed
from tests.integration.outer_loop.test_api import PLAN
from tests.integration.outer_loop.test_facts import messages


@pytest.fixture
async def issue_id(worker: Worker) -> str:
    """Give an issue of five customers with a confirmed cause."""
    return await heard(worker)


@pytest.fixture
async def plan_id(call: Caller, issue_id: str) -> str:
    """Give its plan, which was found to work."""
    return await carried_out(call, issue_id, further=("measuring", "effective"))


def again(customers: int) -> list[FollowUpChanged]:
    soon = datetime.now(UTC) + timedelta(days=3)
    return [
        changed(f"again {n}", customer=f"new {n}", at=soon + timedelta(hours=n))
        for n in range(customers)
    ]


def recurred(found: list[bytes | None]) -> dict[str, Any]:
    [message] = found
    data: dict[str, Any] = validate("outer_loop.changed.v1", message or b"")["data"]
    return data


async def test_an_issue_is_open_again_when_as_many_customers_met_it_after_the_plan_worked(
    call: Caller, worker: Worker, issue_id: str, plan_id: str
) -> None:
    events = again(5)
    assert messages(await worker.followups(events[:4])) == []
    assert (await call().get(f"/issues/{issue_id}")).json()["state"] == "effective"
    data = recurred(messages(await worker.followups(events[4:])))
    assert (data["change"], data["state"], data["version"]) == ("recurred", "open", 2)
    found = (await call().get(f"/issues/{issue_id}")).json()
    assert found["state"] == "open"
    [one] = found["recurrences"]
    assert (one["plan_id"], one["customers"]) == (plan_id, 5)
    assert "recurred" in {line["change"] for line in found["history"]}
    listed = (await call().get("/issues", params={"state": "open"})).json()["issues"]
    assert [line["issue_id"] for line in listed] == [issue_id]


async def test_the_event_that_said_so_says_it_again_and_no_other_does(
    worker: Worker, plan_id: str
) -> None:
    events = again(7)
    first = [await worker.followups([event]) for event in events]
    said = [messages(outcomes) for outcomes in first]
    assert [len(one) for one in said] == [0, 0, 0, 0, 1, 0, 0]
    assert messages(await worker.followups(events)) == said[4]


async def test_without_a_plan_that_worked_nothing_is_watched(
    call: Caller, worker: Worker, issue_id: str
) -> None:
    await carried_out(call, issue_id, further=("measuring", "inconclusive"))
    assert messages(await worker.followups(again(9))) == []


async def test_the_board_says_that_it_came_back_and_a_new_plan_follows_on_the_old_one(
    app: FastAPI, call: Caller, worker: Worker, issue_id: str, plan_id: str
) -> None:
    await worker.followups(again(5))
    client = call("sam", "department_head")
    pages = AsyncClient(
        transport=ASGITransport(app=app), base_url="http://closedloop.test", headers=client.headers
    )
    async with pages:
        board = (await pages.get("/board")).text
        assert "came back" in board
        assert f"/board/issues/{issue_id}" in board
        issue = (await pages.get(f"/board/issues/{issue_id}")).text
        assert "It came back." in issue
        plan = (await call().post(f"/issues/{issue_id}/plans", json=PLAN)).json()
        page = (await pages.get(f"/board/plans/{plan['plan_id']}")).text
        assert "Follows" in page
        assert f'href="/board/plans/{plan_id}"' in page
