"""The clock process: everybody is told once and in order, whatever happens to the process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
import yaml
from fastapi import FastAPI

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.clock.duties import duties_of
from services.routing.clock.engine import ClockWork
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock, SystemClock
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT, PROGRAMS, scored
from tests.integration.routing.conftest import Caller, activate_programs, opened
from tests.integration.routing.test_contacts_api import log
from tests.integration.routing.test_followups_api import LIST, patch, path_of
from tests.integration.routing.test_promise_page import at
from tests.support.waiting import until

HOUR = timedelta(hours=1)
NEW_DOCUMENT = {
    **{name: part for name, part in DOCUMENT.items() if name != "version"},
    "sla": [{**one, "resolve_hours": 2 * one["resolve_hours"]} for one in DOCUMENT["sla"]],
}


@pytest.fixture
def begun() -> datetime:
    """Give when follow-ups are opened: now, since programs count from now on."""
    return SystemClock().now()


@dataclass(frozen=True, slots=True)
class Hand:
    """A clock process that a test moves by hand."""

    pool: Pool
    begun: datetime

    def work(self, hours: float) -> ClockWork:
        clock = FixedClock(self.begun + hours * HOUR)
        return ClockWork(
            duties=duties_of(self.pool, ProgramStore(self.pool, clock)),
            clock=clock,
            woken=PostgresAlarmTransactions(self.pool).woken,
        )

    async def at(self, hours: float) -> int:
        return await self.work(hours).do_all()

    async def told(self) -> list[asyncpg.Record]:
        return await self.pool.fetch(
            "SELECT followup_id, version, level, due_at, told FROM routing.escalation"
            " ORDER BY followup_id, version"
        )


@pytest.fixture
def hand(worker_pool: Pool, begun: datetime) -> Hand:
    """Give a clock process that is moved by hand."""
    return Hand(worker_pool, begun)


async def _open(pool: Pool, begun: datetime, *numbers: int, severity: str = "high") -> None:
    events = [scored(n, severity=severity, received_at=begun) for n in numbers]
    await opened(pool, events, FixedClock(begun))


async def _outbox(settings: Settings) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(settings.database_url)
    rows = await connection.fetch("SELECT value FROM routing.outbox ORDER BY id")
    await connection.close()
    return [json.loads(row["value"]) for row in rows]


@asynccontextmanager
async def _process(settings: Settings, at: datetime) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.routing.clock_at", at.isoformat()),
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "CLOSEDLOOP_SECRET": settings.secret,
            "CLOSEDLOOP_MODE": "local",
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_killed_and_started_an_hour_later_it_tells_everybody_once_and_in_order(
    settings: Settings, hand: Hand, begun: datetime
) -> None:
    await activate_programs(settings)
    many = 1000
    await _open(hand.pool, begun, *range(many))
    async with _process(settings, begun + 35.5 * HOUR) as process:
        await until(hand.told, within_s=60, pause_s=0.001)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    before = len(await hand.told())
    assert 0 < before < 2 * many
    async with _process(settings, begun + 36.5 * HOUR) as process:

        async def all_told() -> bool:
            return len(await hand.told()) >= 3 * many

        await until(all_told, within_s=60)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    rows = await hand.told()
    expected = [(2, 1, 12), (3, 2, 24), (4, 3, 36)]
    assert len(rows) == 3 * many
    for n in range(0, len(rows), 3):
        three = rows[n : n + 3]
        assert len({row["followup_id"] for row in three}) == 1
        found = [(one["version"], one["level"], one["due_at"] - begun) for one in three]
        assert found == [(version, level, hours * HOUR) for version, level, hours in expected]
    published = await _outbox(settings)
    assert len(published) == len({one["id"] for one in published}) == 3 * many


async def test_two_clocks_side_by_side_tell_nobody_twice(
    settings: Settings, hand: Hand, begun: datetime
) -> None:
    await activate_programs(settings)
    await _open(hand.pool, begun, *range(500))
    done = await asyncio.gather(*(hand.at(100) for _ in range(3)))
    assert sum(done) == 500
    assert len(await hand.told()) == 1500
    assert await hand.at(100) == 0


async def test_an_escalation_is_in_the_history_the_event_and_the_list(
    call: Caller, hand: Hand, begun: datetime, settings: Settings
) -> None:
    await _open(hand.pool, begun, 1, 2)
    lead = call("vilay", "team_lead")
    assert (await lead.get(LIST, params={"escalated": True})).json()["items"] == []
    await hand.at(25)
    items = (await lead.get(LIST, params={"escalated": True})).json()["items"]
    assert [one["escalation_level"] for one in items] == [2, 2]
    assert (await lead.get(LIST, params={"escalated": False})).json()["items"] == []
    owner = (await lead.get(path_of(1))).json()["owner"]
    found = (await lead.get(f"{path_of(1)}/escalations")).json()
    assert found["level"] == 2
    assert [(one["tells"], one["share"], one["told"]) for one in found["items"]] == [
        ("owner", 0.5, owner),
        ("lead", 1.0, "vilay"),
    ]
    history = (await lead.get(f"{path_of(1)}/history")).json()["items"]
    assert [(one["version"], one["change"], one["actor"]) for one in history[1:]] == [
        (2, "reminded", "clock"),
        (3, "escalated", "clock"),
    ]
    assert history[2]["note"].startswith(
        "Vilay Sing, the team's lead: 100% of the time to resolve was over on "
    )
    told = [one["data"].get("escalation") for one in await _outbox(settings)]
    assert {(one["level"], one["step"], one["told"]) for one in told} >= {(2, "resolve", "vilay")}


async def test_the_escalations_of_another_tenant_are_not_to_be_seen(
    call: Caller, hand: Hand, begun: datetime
) -> None:
    await _open(hand.pool, begun, 1)
    await hand.at(25)
    answer = await call("eve", "cx_admin", "other").get(f"{path_of(1)}/escalations")
    assert answer.status_code == 404


async def test_while_the_customer_is_waited_for_nobody_is_told_and_work_lets_it_go_on(
    call: Caller, hand: Hand, begun: datetime
) -> None:
    await _open(hand.pool, begun, 1, severity="medium")
    client = call()
    for version, state in enumerate(("acknowledged", "contacting", "waiting_customer"), start=1):
        assert (await patch(client, 1, version, {"state": state})).status_code == 200
    assert await hand.at(33.9) == 0
    assert (await patch(client, 1, 4, {"state": "in_progress"})).status_code == 200
    assert await hand.at(23.9) == 0
    assert await hand.at(24.1) == 1
    assert (await patch(client, 1, 6, {"state": "resolved", "resolution": _SOLVED})).is_success
    await hand.at(500)
    assert len(await hand.told()) == 1


_SOLVED = {"root_cause": {"what": "late", "why": "carrier"}, "action_taken": "Called them."}


async def test_a_new_program_moves_the_deadlines_of_what_is_open_once(
    call: Caller, hand: Hand, begun: datetime, settings: Settings
) -> None:
    await _open(hand.pool, begun, *range(1, 151))
    client = call("ada", "cx_admin")
    for version, state in enumerate(("acknowledged", "in_progress"), start=1):
        assert (await patch(client, 1, version, {"state": state})).is_success
    assert (await patch(client, 1, 3, {"state": "resolved", "resolution": _SOLVED})).is_success
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(
            yaml.safe_dump(NEW_DOCUMENT), who="tests", why="slower", start=begun + 2 * HOUR
        )
    assert await hand.at(1) == 0
    assert sum(await asyncio.gather(hand.at(3), hand.at(3))) == 149
    assert await hand.at(3) == 0
    history = (await client.get(f"{path_of(2)}/history")).json()["items"]
    assert [one["change"] for one in history] == ["opened", "retimed"]
    assert history[1]["note"].endswith("; by program version 2.")
    seen = (await client.get(path_of(2))).json()
    assert datetime.fromisoformat(seen["due_at"]) - begun == 48 * HOUR
    assert seen["sla"]["program_version"] == 2
    solved = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert [one["change"] for one in solved][1:] == ["acknowledged", "in_progress", "resolved"]
    assert await hand.at(23.9) == 0
    assert await hand.at(24.1) == 149


async def test_a_new_program_counts_from_the_contacts_that_were_made(
    app: FastAPI, call: Caller, hand: Hand, begun: datetime, settings: Settings
) -> None:
    await _open(hand.pool, begun, 1)
    client = call()
    assert (await log(client, 1)).is_success
    at(app, begun + 2 * HOUR)
    assert (await log(client, 3)).is_success
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        keeps_in_touch = [{**one, "next_contact_hours": 10} for one in NEW_DOCUMENT["sla"]]
        document = yaml.safe_dump({**NEW_DOCUMENT, "sla": keeps_in_touch})
        await programs.activate(document, who="tests", why="keep in touch", start=begun + 3 * HOUR)
    assert await hand.at(4) == 1
    steps = {one["step"]: one for one in (await client.get(path_of(1))).json()["sla"]["steps"]}
    assert datetime.fromisoformat(steps["next_contact"]["due_at"]) - begun == 12 * HOUR


async def test_a_follow_up_of_a_release_without_alarms_is_put_on_the_clock(
    settings: Settings, hand: Hand, begun: datetime
) -> None:
    await activate_programs(settings)
    await _open(hand.pool, begun, 1)
    await hand.pool.execute(
        "UPDATE routing.followup SET timetable = NULL, next_due_at = NULL, next_alarm_at = NULL,"
        " timed_by = 0"
    )
    assert await hand.at(1) == 1
    row = await hand.pool.fetchrow("SELECT version, timed_by, next_alarm_at FROM routing.followup")
    assert row
    assert (row["version"], row["timed_by"]) == (1, 1)
    assert row["next_alarm_at"] - begun == 12 * HOUR


async def test_one_that_sleeps_is_woken_by_what_is_late_already(
    settings: Settings, hand: Hand, begun: datetime
) -> None:
    await activate_programs(settings)
    work = hand.work(0.1)
    running = asyncio.create_task(work.run())
    async with hand.pool.acquire() as connection, connection.transaction():
        await open_followups(
            PostgresOpenings(connection),
            [scored(1, received_at=begun - 30 * HOUR)],
            programs=PROGRAMS,
            clock=FixedClock(begun),
        )

    async def both_told() -> bool:
        return len(await hand.told()) == 2

    await until(both_told)
    work.stop()
    await asyncio.wait_for(running, 10)


async def test_a_tenant_without_a_program_is_in_nobodys_way(
    settings: Settings, hand: Hand, begun: datetime
) -> None:
    await _open(hand.pool, begun, 1)
    assert await hand.at(100) == 0
    await activate_programs(settings)
    assert await hand.at(100) == 1
