"""The clocks of a follow-up as the API shows them, and the order that they give to a list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
from httpx import AsyncClient

from shared.clock import FixedClock, SystemClock
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.test_followups_api import LIST, patch, path_of


async def _moved(client: AsyncClient, *states: str) -> dict[str, Any]:
    """Bring the first follow-up through `states`; return its clocks as they are then."""
    for version, state in enumerate(states, start=1):
        answer = await patch(client, 1, version, {"state": state})
        assert answer.status_code == 200, answer.text
    seen: dict[str, Any] = (await client.get(path_of(1))).json()
    clocks: dict[str, Any] = {**seen["sla"], "due_at": seen["due_at"]}
    return clocks


async def test_a_list_comes_by_the_step_that_is_late_first_page_after_page(
    call: Caller, worker_pool: Pool
) -> None:
    severities = ["low", "critical", "medium", "high", "medium"]
    await opened(worker_pool, [scored(n, severity=one) for n, one in enumerate(severities)])
    found, cursor = [], None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await call().get(LIST, params=asked)).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    order = [one["severity"] for one in found]
    assert order == ["medium", "medium", "critical", "high", "low"]
    times = [one["sla"]["next_due_at"] for one in found]
    assert times == sorted(times)


async def test_a_new_follow_up_is_to_be_acknowledged_first_and_says_by_which_policy(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, severity="medium")])
    sla = await _moved(call())
    assert sla["policy"] == "Policy for medium severity, all segments, in calendar hours"
    assert (sla["clock"], sla["program_version"], sla["paused"]) == ("calendar", 1, None)
    assert (sla["next_step"], sla["next_due_at"]) == ("acknowledge", "2026-11-20T10:30:00Z")
    assert [(one["step"], one["done"]) for one in sla["steps"]] == [
        ("acknowledge", False),
        ("first_contact", False),
        ("resolve", False),
    ]


async def test_waiting_for_the_customer_stops_the_clock_and_work_lets_it_go_on(
    call: Caller, worker_pool: Pool
) -> None:
    now = SystemClock().now()
    await opened(worker_pool, [scored(1, severity="medium", received_at=now)], FixedClock(now))
    client = call()
    waiting = await _moved(client, "acknowledged", "contacting", "waiting_customer")
    assert waiting["next_step"] == "resolve"
    assert waiting["next_due_at"] == waiting["due_at"]
    assert datetime.fromisoformat(waiting["due_at"]) - now == timedelta(hours=58)
    pause = waiting["paused"]
    since, until = (datetime.fromisoformat(pause[name]) for name in ("since", "until"))
    assert (until - since).total_seconds() == 10 * 3600
    assert (await patch(client, 1, 4, {"state": "in_progress"})).status_code == 200
    working = (await client.get(path_of(1))).json()
    assert working["sla"]["paused"] is None
    taken = datetime.fromisoformat(working["due_at"]) - now
    assert timedelta(hours=48) < taken < timedelta(hours=58)


async def test_a_follow_up_of_a_release_without_steps_gets_them_with_its_next_state(
    call: Caller, worker_pool: Pool, settings: Settings
) -> None:
    await opened(worker_pool, [scored(1, severity="medium")])
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("UPDATE routing.followup SET timetable = NULL, next_due_at = NULL")
    await connection.close()
    client = call()
    old = (await client.get(path_of(1))).json()
    assert (old["sla"], old["due_at"]) == (None, "2026-11-22T09:30:00Z")
    assert (await _moved(client, "acknowledged"))["next_step"] == "first_contact"
