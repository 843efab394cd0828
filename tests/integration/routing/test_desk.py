"""/followups/v1/desk and /desk: every number is that of the list which it leads to."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from fastapi import FastAPI
from httpx import AsyncClient

from services.routing.adapters import desk as desk_adapter
from services.routing.adapters.desk import QUERIES
from services.routing.app import create_app
from services.routing.domain.desk import READ_UP_TO, age_cuts, due_cuts
from services.routing.handlers import desk as desk_handler
from shared.clock import FixedClock
from shared.postgres.pool import Pool, create_pool
from shared.postgres.sqlfile import load
from shared.program.store import open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT, NOW, OTHER_TENANT, TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened, token
from tests.integration.routing.promised import customer_of, resolve, walk
from tests.integration.routing.test_followups_api import patch
from tests.integration.routing.test_promise_page import at

DESK = "/followups/v1/desk"
FILL = load(Path(__file__).parents[2] / "bench" / "inbox_fill.sql")["fill"]
HTML = {"Accept": "text/html"}
SEVERITIES = ("critical", "high", "medium", "low")


@pytest.fixture
async def filled(app: FastAPI, call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a lead on whose desk things of every kind lie, and other tenants' beside them."""
    for number in range(24):
        moment = NOW - timedelta(hours=7 * number)
        event = scored(
            number,
            severity=SEVERITIES[number % 4],
            touchpoint="billing" if number % 5 == 0 else "delivery",
            received_at=moment,
        )
        await opened(worker_pool, [event], FixedClock(moment))
    await opened(worker_pool, [scored(n, tenant=OTHER_TENANT) for n in range(3)])
    app.state.desk = replace(app.state.desk, clock=FixedClock(NOW + timedelta(minutes=10)))
    lead = call("vilay", "cx_admin")
    for number, states in {
        1: ["acknowledged", "contacting", "waiting_customer"],
        2: ["acknowledged", "contacting", "waiting_customer"],
    }.items():
        for version, state in enumerate(states, start=1):
            answer = await patch(lead, number, version, {"state": state})
            assert answer.is_success, answer.text
    await worker_pool.execute(
        "UPDATE routing.followup SET state = 'reopened' WHERE customer_id = 'C-00003'"
    )
    await worker_pool.execute(
        "UPDATE routing.followup SET owner = NULL, escalation_level = 2,"
        " assigned_as_last_resort = true WHERE customer_id IN ('C-00005', 'C-00006')"
    )
    return lead


def numbers_in(part: object) -> Iterator[tuple[int, str]]:
    """Yield each number of an answer with the address of its rows."""
    if isinstance(part, dict):
        if "rows" in part and "n" in part and part["rows"].startswith("/inbox?"):
            yield part["n"], part["rows"]
        for one in part.values():
            yield from numbers_in(one)
    elif isinstance(part, list):
        for one in part:
            yield from numbers_in(one)


async def rows_at(client: AsyncClient, address: str) -> int:
    page = (await client.get(address, headers=HTML)).text
    return len(re.findall(r"<li data-row ", page))


@pytest.mark.parametrize("team", [None, "delivery-care"])
async def test_every_number_is_that_of_its_list(filled: AsyncClient, team: str | None) -> None:
    answer = await filled.get(DESK, params={"team": team} if team else {})
    seen: dict[str, Any] = answer.json()
    strip = seen["strip"]
    assert [strip[name]["n"] for name in ("unowned", "last_resort", "escalated", "reopened")] == (
        [2, 2, 2, 1] if team is None else [1, 1, 1, 1]
    )
    assert seen["paused"]["n"] == 2
    assert strip["breached"]["n"] > 0
    hours = sum(hour["n"] for hour in seen["hours"])
    assert hours > 0
    assert strip["breached"]["n"] + hours + seen["later"]["n"] == seen["open"]["n"]
    assert sum(band["n"] for band in seen["ages"]) == seen["open"]["n"]
    checked = {(n, rows) for n, rows in numbers_in(seen) if n}
    assert len(checked) > 10
    for n, rows in checked:
        assert await rows_at(filled, rows) == n, rows


async def test_another_tenants_follow_ups_are_not_on_the_desk(filled: AsyncClient) -> None:
    assert (await filled.get(DESK)).json()["open"]["n"] == 24


async def test_a_team_that_is_not_in_the_program_is_named(call: Caller) -> None:
    answer = await call("mali").get(DESK, params={"team": "elsewhere"})
    told = answer.json()
    assert (answer.status_code, told["field"]) == (422, "team")
    assert "delivery-care" in told["remedy"]


async def test_everybody_is_there_unless_the_program_says_otherwise(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(n) for n in range(6)])
    people = {one["id"]: one for one in (await call("mali").get(DESK)).json()["people"]}
    assert sum(one["open"]["n"] for one in people.values()) == 6
    assert people["mali"]["away_until"] is None
    assert people["mali"]["works_at"] is not None


async def test_what_is_with_an_absent_person_is_counted(
    worker_pool: Pool, settings: Settings
) -> None:
    await opened(worker_pool, [scored(n) for n in range(6)])
    absence = {"owner": "mali", "first_day": f"{NOW:%Y-%m-%d}", "last_day": "2026-11-27"}
    async with _calling_with(settings, [absence]) as lead:
        seen = (await lead.get(DESK)).json()
        page = (await lead.get("/desk?team=", headers=HTML)).text
    people = {one["id"]: one for one in seen["people"]}
    mali = people.pop("mali")
    assert (mali["open"]["n"], mali["away_until"], mali["works_at"]) == (2, "2026-11-27", None)
    assert {one["away_until"] for one in people.values()} == {None}
    assert seen["strip"]["away_with_load"]["n"] == 1
    assert "away until" in page


@asynccontextmanager
async def _calling_with(
    settings: Settings, absences: list[dict[str, str]]
) -> AsyncIterator[AsyncClient]:
    """Give a lead of a company in which somebody is away at NOW."""
    document = {name: part for name, part in DOCUMENT.items() if name != "version"}
    program = yaml.safe_dump({**document, "absences": absences}, allow_unicode=True)
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(program, who="tests", why="a first program")
    app = create_app(settings)
    bearer = f"Bearer {token(settings, 'vilay', 'team_lead')}"
    async with app.router.lifespan_context(app), calling(app, Authorization=bearer) as lead:
        at(app, NOW)
        yield lead


async def test_what_was_reopened_or_found_bad_again_is_worth_talking_about(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    at(app, NOW)
    await opened(worker_pool, [scored(n) for n in range(4)])
    for number in (1, 2, 3):
        version = await resolve(call, number)
        if number == 1:
            await walk(call("vilay", "team_lead"), 1, "reopened", version=version)
    at(app, NOW + timedelta(days=2))
    async with calling(app) as client:
        await customer_of(app, client, 2).press("answer", choice="1")
        await customer_of(app, client, 3).press("answer", choice="10")
    seen = (await call("vilay", "team_lead").get(DESK)).json()["lessons"]
    lessons = {one["customer"]: one["is_unhappy"] for one in seen}
    assert lessons == {"C-00002": True, "C-00001": False}
    elsewhere = await call("vilay", "team_lead").get(DESK, params={"team": "billing-care"})
    assert elsewhere.json()["lessons"] == []
    at(app, NOW + timedelta(days=33))
    seen = (await call("vilay", "team_lead").get(DESK)).json()["lessons"]
    assert {one["is_unhappy"] for one in seen} == {False}


async def test_a_lead_begins_with_their_own_team(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1), scored(2, touchpoint="billing")])
    page = (await call("ana", "team_lead").get("/desk", headers=HTML)).text
    assert '<option value="billing-care" selected>' in page
    everything = (await call("ana", "team_lead").get("/desk?team=", headers=HTML)).text
    assert "selected" not in everything


async def test_a_page_says_when_more_is_open_than_is_read(
    call: Caller, worker_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(worker_pool, [scored(n) for n in range(4)])
    monkeypatch.setattr(desk_adapter, "READ_UP_TO", 3)
    monkeypatch.setattr(desk_handler, "READ_UP_TO", 3)
    seen = (await call("mali").get(DESK)).json()
    assert (seen["open"]["n"], seen["is_exact"]) == (3, False)
    page = (await call("mali").get("/desk?team=", headers=HTML)).text
    assert "More are open than are read" in page


async def test_deadlines_kept_are_read_apart(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    answer = await call("mali").get("/desk/kept?team=delivery-care", headers=HTML)
    assert answer.status_code == 200
    assert "Deadlines kept" in answer.text


async def test_the_desk_reads_no_more_than_its_share_of_many(
    database_url: str, worker_pool: Pool
) -> None:
    await worker_pool.execute(FILL, TENANT, 24_000, 40_000)
    owner = await asyncpg.connect(database_url)
    await owner.execute("VACUUM ANALYZE routing.followup")
    await owner.close()
    pool = await create_pool(database_url, role="closedloop_routing_api")
    async with pool as api, api.acquire() as connection:
        for team, most, index in (
            (None, READ_UP_TO, "followup_open_all"),
            ("team-3", 1_000, "followup_open_of_team"),
        ):
            async with connection.transaction():
                await connection.execute("SELECT set_config('closedloop.tenant', $1, true)", TENANT)
                await connection.execute(QUERIES["plan_with_values"])
                # A table of this size tempts to read it whole; one of millions does not.
                await connection.execute("SET LOCAL enable_seqscan = off")
                await connection.execute("SET LOCAL enable_bitmapscan = off")
                await connection.execute("SET LOCAL enable_sort = off")
                plan = await connection.fetchval(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES['standing']}",
                    team,
                    READ_UP_TO,
                    due_cuts(NOW),
                    age_cuts(NOW),
                )
            (scan,) = scans_of(json.loads(plan)[0]["Plan"])
            assert scan["Index Name"] == index, plan
            assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= most, plan


def scans_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of a plan that read a table."""
    own = [node] if "Relation Name" in node else []
    return own + [one for child in node.get("Plans", ()) for one in scans_of(child)]
