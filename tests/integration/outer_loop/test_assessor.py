"""The assessor: each week once, whoever does it, and at the end a verdict with its reason."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from shared.contracts.plans import OuterLoopChanged
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.measuring import CHANGE, assessor, measuring
from tests.integration.outer_loop.months import Months
from tests.integration.outer_loop.test_api import patch, problem

HELPED = Months(change=CHANGE, listened=120)
DID_NOTHING = Months(change=CHANGE, listened=120, after=0.30)


async def test_a_change_that_helped_is_effective_when_its_weeks_are_complete(
    call: Caller, worker: Worker, database_url: str
) -> None:
    plan = await measuring(call, worker, HELPED)
    async with assessor(database_url) as rounds:
        assert await rounds.make_round() == 1
    after = (await call().get(f"/plans/{plan['plan_id']}")).json()
    assert after["state"] == "effective"
    impact = (await call().get(f"/plans/{plan['plan_id']}/impact")).json()
    [found] = impact["assessments"]
    assert (found["is_final"], found["weeks"]) == (True, 13)
    report = found["report"]
    # It fell by 20 in 100 where nothing else did.
    assert report["effect"]["low"] <= -20 <= report["effect"]["high"] < 0
    assert after["reason"] == report["sentence"]
    assert report["method"] == "difference_in_differences"
    assert "late_design" in {one["doubt"] for one in report["checks"]}
    history = (await call().get(f"/issues/{plan['issue_id']}")).json()["history"]
    assert (history[0]["change"], history[0]["actor"]) == ("effective", "assessor")


async def test_the_verdict_is_told_on_the_topic(
    call: Caller, worker: Worker, database_url: str
) -> None:
    plan = await measuring(call, worker, HELPED)
    async with assessor(database_url) as rounds:
        await rounds.make_round()
    [row] = await worker.rows(
        "SELECT message FROM outer_loop.change WHERE actor = 'assessor' ORDER BY version"
    )
    event = OuterLoopChanged.model_validate_json(row["message"])
    assert (str(event.data.plan_id), event.data.state) == (plan["plan_id"], "effective")


async def test_a_change_that_did_nothing_is_not_effective(
    call: Caller, worker: Worker, database_url: str
) -> None:
    plan = await measuring(call, worker, DID_NOTHING)
    async with assessor(database_url) as rounds:
        await rounds.make_round()
    after = (await call().get(f"/plans/{plan['plan_id']}")).json()
    assert after["state"] in {"ineffective", "inconclusive"}
    assert after["reason"]


async def test_each_week_is_assessed_once_and_the_plan_waits_for_the_last(
    call: Caller, worker: Worker, database_url: str
) -> None:
    plan = await measuring(call, worker, HELPED)
    for weeks_ago, new in ((8, 1), (8, 0), (7, 1)):
        async with assessor(database_url, weeks_ago=weeks_ago) as rounds:
            assert await rounds.make_round() == new
    found = (await call().get(f"/plans/{plan['plan_id']}/impact")).json()
    assert found["state"] == "measuring"
    assert [(one["weeks"], one["is_final"]) for one in found["assessments"]] == [
        (7, False),
        (6, False),
    ]


async def test_nothing_is_judged_before_causes_had_time_to_be_confirmed(
    call: Caller, worker: Worker, database_url: str
) -> None:
    await measuring(call, worker, HELPED)
    # The first week is over, the two in which its causes are confirmed are not.
    async with assessor(database_url, weeks_ago=14) as rounds:
        assert await rounds.make_round() == 0


async def test_two_assessors_side_by_side_conclude_a_plan_once(
    call: Caller, worker: Worker, database_url: str
) -> None:
    await measuring(call, worker, HELPED)
    async with assessor(database_url) as one, assessor(database_url) as other:
        done = await asyncio.gather(one.make_round(), other.make_round())
    assert sorted(done) == [0, 1]
    concluded = await worker.rows("SELECT FROM outer_loop.change WHERE actor = 'assessor'")
    assert len(concluded) == 1


async def test_a_verdict_by_hand_needs_a_reason_and_is_recorded_as_such(
    call: Caller, worker: Worker
) -> None:
    plan = await measuring(call, worker, HELPED)
    assert problem(await patch(call(), plan, state="effective"), 422)["field"] == "reason"
    reason = "The audit counted the payments."
    after = (await patch(call(), plan, state="effective", reason=reason)).json()
    assert (after["state"], after["reason"]) == ("effective", reason)
    history = (await call().get(f"/issues/{plan['issue_id']}")).json()["history"]
    assert (history[0]["change"], history[0]["actor"]) == ("effective_by_hand", "olga")


@pytest.mark.parametrize("module", ["services.outer_loop.app", "services.outer_loop.worker"])
def test_the_app_and_the_worker_start_without_what_estimates(module: str) -> None:
    told = f"import sys, {module}; sys.exit('statsmodels' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
