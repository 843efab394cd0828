"""The re-survey: asked after the resolution, answered on the customer's page, or by nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.promises import PostgresPromiseTransactions
from services.routing.bootstrap import Desk
from services.routing.clock.duties import duties_of
from services.routing.clock.engine import ClockWork
from services.routing.handlers.resurveying import expire
from shared.clock import FixedClock, SystemClock
from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, activate_programs, calling, opened
from tests.integration.routing.promised import Customer, customer_of, resolve, walk
from tests.integration.routing.test_followups_api import path_of
from tests.integration.routing.test_promise_page import at, history

DAY = timedelta(days=1)
LAST = "SELECT message FROM routing.followup_change ORDER BY version DESC LIMIT 1"
SOON, LATE = NOW + 2 * DAY, NOW + 9 * DAY


@pytest.fixture
async def customer(app: FastAPI, call: Caller, worker_pool: Pool) -> AsyncIterator[Customer]:
    """Give the customer of case 1, which was resolved two days ago."""
    at(app, NOW)
    await opened(worker_pool, [scored(1)])
    await resolve(call, 1)
    at(app, SOON)
    async with calling(app) as client:
        yield customer_of(app, client)


async def seen(call: Caller, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = (await call("vilay", "team_lead").get(path_of(number))).json()
    return found


async def last_event(pool: Pool) -> dict[str, Any]:
    message = await pool.fetchval(LAST)
    FollowUpChanged.model_validate_json(message)
    told: dict[str, Any] = json.loads(message)["data"]
    return told


async def end_rounds(app: FastAPI, pool: Pool) -> int:
    desk: Desk = app.state.desk
    programs = await desk.programs.active()
    return await expire(PostgresPromiseTransactions(pool), programs, desk.clock.now())


async def test_the_question_stands_after_a_day_for_a_week(
    app: FastAPI, customer: Customer, call: Caller
) -> None:
    question = "How likely are you to recommend us now?"
    assert (await seen(call))["resurvey"]["scale"] == "nps"
    for moment, is_asked in ((NOW, False), (NOW + DAY, True), (NOW + 8 * DAY, False)):
        at(app, moment)
        assert (question in await customer.page()) is is_asked
        assert (question in await customer.page("/answer")) is is_asked


async def test_a_happy_answer_verifies(customer: Customer, call: Caller, worker_pool: Pool) -> None:
    answer = await customer.press("answer", choice="9", words="Quick and kind.")
    assert answer.headers["location"].endswith("?done=answered")
    case = await seen(call)
    assert case["state"] == "verified"
    assert (case["resurvey"]["ending"], case["resurvey"]["value"]) == ("happy", 9)
    told = await last_event(worker_pool)
    assert (told["change"], told["actor"]) == ("verified", "customer")
    assert told["answer"] == {"verdict": "happy", "scale": "nps", "value": 9.0}
    assert (await history(worker_pool))[-1][2] == "Quick and kind."
    assert "You answered on" in await customer.page()


async def test_a_neutral_answer_verifies_and_is_not_called_happy(
    customer: Customer, call: Caller
) -> None:
    await customer.press("answer", choice="7")
    case = await seen(call)
    assert (case["state"], case["resurvey"]["ending"]) == ("verified", "neutral")


async def test_an_unhappy_answer_opens_it_again_and_asks_again_after_the_next_resolution(
    app: FastAPI, customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    answer = await customer.press("answer", choice="0", words="It broke the next day.")
    assert answer.headers["location"].endswith("?done=reopened")
    case = await seen(call)
    assert (case["state"], case["resurvey"]["ending"]) == ("reopened", "unhappy")
    told = await last_event(worker_pool)
    assert (told["change"], told["answer"]["verdict"]) == ("reopened", "unhappy")
    assert (await history(worker_pool))[-1][2] == "It broke the next day."
    lead = call("vilay", "team_lead")
    await walk(lead, 1, "in_progress", "resolved", version=case["version"])
    assert (await seen(call))["resurvey"]["ending"] is None
    at(app, SOON + 2 * DAY)
    await customer.press("answer", choice="10")
    assert (await seen(call))["state"] == "verified"


async def test_there_is_one_answer_a_round_also_at_the_same_time(
    customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    pages = [await customer.fields() for _ in range(4)]
    answers = await asyncio.gather(
        *(customer.press("answer", one, choice=str(9 + n % 2)) for n, one in enumerate(pages))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert [change for change, *_ in await history(worker_pool)][3:] == ["verified"]


@pytest.mark.parametrize("choice", ["11", "-1", "99"])
async def test_a_choice_that_is_not_on_the_scale_is_refused(
    customer: Customer, call: Caller, choice: str
) -> None:
    assert (await customer.press("answer", choice=choice)).status_code == 422
    assert (await seen(call))["state"] == "resolved"


async def test_an_answer_after_the_lead_has_verified_is_kept_all_the_same(
    customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    await walk(call("vilay", "team_lead"), 1, "verified", "closed", version=4)
    await customer.press("answer", choice="9")
    case = await seen(call)
    assert (case["state"], case["resurvey"]["ending"]) == ("closed", "happy")
    assert (await last_event(worker_pool))["change"] == "customer_added"


async def test_no_answer_verifies_as_nobodys_happiness(
    app: FastAPI, customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    assert await end_rounds(app, worker_pool) == 0
    at(app, LATE)
    assert await end_rounds(app, worker_pool) == 1
    case = await seen(call)
    assert (case["state"], case["resurvey"]["ending"]) == ("verified", "no_response")
    told = await last_event(worker_pool)
    assert (told["change"], told["actor"]) == ("verified", "program")
    assert told["answer"] == {"verdict": "no_response"}
    assert await end_rounds(app, worker_pool) == 0
    assert (await customer.press("answer", choice="9")).status_code == 422
    page = await customer.page()
    assert "As far as we know, it is solved." in page
    assert "You answered" not in page


async def test_the_clock_process_ends_rounds(
    settings: Settings, customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    await activate_programs(settings)
    clock = FixedClock(SystemClock().now() + 9 * DAY)
    work = ClockWork(
        duties=duties_of(worker_pool, ProgramStore(worker_pool, clock)),
        clock=clock,
        woken=PostgresAlarmTransactions(worker_pool).woken,
    )
    assert await work.do_all() > 0
    assert (await seen(call))["resurvey"]["ending"] == "no_response"
    assert await work.do_all() == 0


async def test_rounds_end_once_whoever_ends_them_and_however_often(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    at(app, NOW)
    await opened(worker_pool, [scored(n) for n in range(1, 9)])
    for number in range(1, 9):
        await resolve(call, number)
    at(app, LATE)
    await asyncio.gather(*(end_rounds(app, worker_pool) for _ in range(4)))
    assert await end_rounds(app, worker_pool) == 0
    ends = await worker_pool.fetch(
        "SELECT followup_id FROM routing.followup_change WHERE actor = 'program' AND version > 1"
    )
    assert len(ends) == len(set(ends)) == 8


async def test_a_round_that_was_overtaken_verifies_nothing(
    app: FastAPI, customer: Customer, call: Caller, worker_pool: Pool
) -> None:
    await customer.press("not_solved", words="No.")
    at(app, LATE)
    assert await end_rounds(app, worker_pool) == 1
    case = await seen(call)
    assert (case["state"], case["resurvey"]["ending"]) == ("reopened", "overtaken")


async def test_the_recovery_rate_counts_those_who_answered_alone(
    app: FastAPI, call: Caller, worker_pool: Pool, browser: AsyncClient
) -> None:
    at(app, NOW)
    await opened(worker_pool, [scored(n) for n in range(1, 6)])
    for number in range(1, 6):
        await resolve(call, number)
    at(app, SOON)
    for number, choice in ((1, "10"), (2, "8"), (3, "1")):
        await customer_of(app, browser, number).press("answer", choice=choice)
    at(app, LATE)
    assert await end_rounds(app, worker_pool) == 2
    days = {"since": "2026-11-01", "until": "2026-12-31"}
    measures = (await call("mali").get("/followups/v1/measures", params=days)).json()["all"]
    assert (measures["recovered"]["n"], measures["recovered"]["of"]) == (1, 3)
    assert (measures["reopened"]["n"], measures["reopened"]["of"]) == (1, 5)


async def test_rounds_of_every_tenant_end_each_in_its_own(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    at(app, NOW)
    await opened(worker_pool, [scored(1), scored(1, tenant=OTHER_TENANT)])
    await resolve(call, 1)
    other = call("vilay", "team_lead", OTHER_TENANT)
    for version, state in enumerate(("acknowledged", "in_progress", "resolved"), 1):
        body: dict[str, Any] = {"state": state}
        if state == "resolved":
            cause = {"what": "late", "why": "carrier"}
            body["resolution"] = {"root_cause": cause, "action_taken": "Sent."}
        answer = await other.patch(
            path_of(1, OTHER_TENANT), json=body, headers={"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 200
    at(app, LATE)
    assert await end_rounds(app, worker_pool) == 2
    states = await worker_pool.fetch("SELECT DISTINCT state FROM routing.followup")
    assert [row["state"] for row in states] == ["verified"]


async def test_a_customer_without_a_rating_is_asked_yes_or_no(
    app: FastAPI, call: Caller, worker_pool: Pool, browser: AsyncClient
) -> None:
    at(app, NOW)
    await opened(worker_pool, [scored(1, rating=None)])
    await resolve(call, 1)
    at(app, SOON)
    customer = customer_of(app, browser)
    page = await customer.page()
    assert "Yes, it is solved" in page
    assert "No, it is not" in page
    await customer.press("answer", choice="0")
    assert (await seen(call))["state"] == "reopened"


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Give somebody who is not signed in."""
    async with calling(app) as client:
        yield client
