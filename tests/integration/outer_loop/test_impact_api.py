"""The impact design over HTTP: proposed by the issue, set by people, frozen by the approval."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from httpx import AsyncClient, Response

from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.months import Months
from tests.integration.outer_loop.test_api import SOON, decide, patch, problem, proposed

TODAY = datetime.now(UTC).date()
CHANGE = TODAY + timedelta(days=20)
DESIGN: dict[str, Any] = {
    "metric": "detractor_share",
    "touched": ["returns"],
    "untouched": ["checkout"],
    "starts_on": SOON,
    "weeks_before": 52,
    "weeks_after": 26,
    "expected": -8,
}


@pytest.fixture
async def issue_id(worker: Worker) -> str:
    """Give the id of an issue with months of facts before a change to come."""
    await Months(change=CHANGE, weeks_after=-2, before=0.3).bring(worker)
    [row] = await worker.rows("SELECT issue_id FROM outer_loop.systemic_issue")
    return str(row["issue_id"])


async def impact(client: AsyncClient, plan: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/plans/{plan['plan_id']}/impact")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{found["version"]}"'
    return found


async def put(
    client: AsyncClient, plan: dict[str, Any], key: str = "", **changes: object
) -> Response:
    headers = {"If-Match": f'"{plan["version"]}"'} | ({"Idempotency-Key": key} if key else {})
    place = f"/plans/{plan['plan_id']}/impact/design"
    return await client.put(place, json=DESIGN | changes, headers=headers)


async def approved(call: Caller, issue_id: str) -> dict[str, Any]:
    plan = (await patch(call(), await proposed(call(), issue_id), state="under_review")).json()
    await decide(call("fatima", "department_head"), plan, "finance", "approved")
    answer = await decide(call("lena", "department_head"), plan, "logistics", "approved")
    found: dict[str, Any] = answer.json()
    assert found["state"] == "approved"
    return found


async def test_a_proposal_carries_the_design_that_its_issue_suggests(
    call: Caller, issue_id: str
) -> None:
    found = await impact(call(), await proposed(call(), issue_id))
    design = found["design"]
    assert design["metric"] == "customers_with_cause"
    assert (design["touched"], design["untouched"]) == (["returns"], ["checkout", "delivery"])
    assert (design["starts_on"], design["weeks_after"]) == (SOON, 13)
    assert (design["set_by"], design["frozen"]) == ("closedloop", False)
    # The items expect 40 % less of some 30 in 100.
    assert design["expected"] == pytest.approx(-12, abs=1.5)
    assert design["picked_last"] < SOON


async def test_what_the_design_will_find_is_said_before_it_is_approved(
    call: Caller, issue_id: str
) -> None:
    power = (await impact(call(), await proposed(call(), issue_id)))["power"]
    # Sixty answers a week are too few for the 12 in 100 that the items expect within 13 weeks.
    assert 12 < power["smallest"] < 20
    assert power["weeks_needed"] is None or power["weeks_needed"] > 13
    assert power["listening_needed"] > 1
    assert power["sentence"].startswith("With 60 answers a week and 13 weeks after the change, ")
    assert f"{power['listening_needed']:.1f} times as many answers" in power["sentence"]


async def test_a_set_design_makes_a_version_of_the_plan_and_stands_in_its_history(
    call: Caller, issue_id: str, worker: Worker
) -> None:
    plan = await proposed(call(), issue_id)
    answer = await put(call(), plan)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    found = await impact(call(), plan)
    assert found["version"] == found["design"]["version"] == 2
    assert found["design"]["metric"] == "detractor_share"
    assert found["design"]["set_by"] == "olga"
    history = (await call().get(f"/issues/{issue_id}")).json()["history"]
    assert history[0]["change"] == "design_changed"
    stale = problem(await put(call(), plan), 412)
    assert stale["current"]["version"] == 2


async def test_a_design_sent_twice_under_one_key_is_set_once(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    first, second = [await put(call(), plan, key="one") for _ in range(2)]
    assert (second.status_code, second.content) == (200, first.content)
    assert (await impact(call(), plan))["version"] == 2


async def test_of_two_designs_for_one_version_one_wins(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    answers = await asyncio.gather(*(put(call(), plan, weeks_after=n) for n in (10, 20, 30)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"touched": []}, "touched"),
    ({"touched": ["moon"]}, "touched"),
    ({"untouched": ["returns"]}, "untouched"),
    ({"untouched": ["moon"]}, "untouched"),
    ({"expected": 4}, "expected"),
    ({"weeks_before": 3}, "weeks_before"),
    ({"weeks_after": 1}, "weeks_after"),
    ({"metric": "mean_score"}, "metric"),
    (
        {"stakes": {"customers": 1, "leaving": 3, "worth": 1, "cost": 1, "currency": "EUR"}},
        "leaving",
    ),
]


async def test_a_design_with_a_fault_is_refused_by_its_field(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    for change, field in FAULTY:
        assert problem(await put(call(), plan, **change), 422)["field"] == field
    assert (await impact(call(), plan))["version"] == 1


async def test_an_approved_design_is_frozen_and_changes_with_a_reason_alone(
    call: Caller, issue_id: str
) -> None:
    plan = await approved(call, issue_id)
    assert (await impact(call(), plan))["design"]["frozen"] is True
    assert problem(await put(call(), plan), 422)["field"] == "reason"
    assert (await put(call(), plan, reason="The day was moved.")).status_code == 200
    design = (await impact(call(), plan))["design"]
    assert (design["frozen"], design["reason"]) == (True, "The day was moved.")


async def test_a_design_set_after_the_change_began_is_marked_late(
    call: Caller, issue_id: str
) -> None:
    plan = await approved(call, issue_id)
    began = (TODAY - timedelta(days=3)).isoformat()
    await put(call(), plan, starts_on=began, reason="It was rolled out early.")
    assert (await impact(call(), plan))["design"]["late"] is True


async def test_what_departments_decide_on_keeps_its_design(call: Caller, issue_id: str) -> None:
    plan = (await patch(call(), await proposed(call(), issue_id), state="under_review")).json()
    assert "under review" in problem(await put(call(), plan), 409)["detail"]


async def test_no_plan_is_reviewed_or_approved_without_a_design(
    call: Caller, issue_id: str, database_url: str
) -> None:
    # As with plans that were proposed before there were designs.
    plan = await proposed(call(), issue_id)
    await forget_designs(database_url)
    found = problem(await patch(call(), plan, state="under_review"), 422)
    assert found["field"] == "design"
    assert (await put(call(), plan)).status_code == 200
    plan = (await patch(call(), plan | {"version": 2}, state="under_review")).json()
    await forget_designs(database_url)
    head = call("fatima", "department_head")
    assert problem(await decide(head, plan, "finance", "approved"), 422)["field"] == "design"
    assert (await put(call(), plan)).status_code == 200
    assert (await decide(head, plan, "finance", "approved")).status_code == 200


async def forget_designs(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM outer_loop.impact_design")
    await connection.close()


async def test_another_tenant_sees_no_design_and_sets_none(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    stranger = call("olga", "contributor", "other")
    problem(await stranger.get(f"/plans/{plan['plan_id']}/impact"), 404)
    problem(await put(stranger, plan), 404)


async def test_those_who_only_read_set_no_design(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    problem(await put(call("ann", "auditor"), plan), 403)
