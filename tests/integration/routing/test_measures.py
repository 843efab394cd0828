"""/followups/v1/measures and /measures: what the exported events say, counted twice."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.clock import FixedClock
from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool
from tests.integration.routing.company import NOW, OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.test_followups_api import SOLVED, patch, path_of

HOUR = timedelta(hours=1)
MEASURES = "/followups/v1/measures"
DAYS = {"since": "2026-11-01", "until": "2026-12-31"}
#: Steps to resolution, with who takes them; a lead may do all.
WAYS: list[list[str]] = [
    [],
    ["acknowledged"],
    ["acknowledged", "contacting"],
    ["acknowledged", "contacting", "in_progress", "resolved"],
    ["acknowledged", "in_progress", "resolved"],
    ["acknowledged", "contacting", "waiting_customer", "resolved", "reopened"],
    ["acknowledged", *2 * ["call"], "unreachable", "contacting", "in_progress", "resolved"],
    ["call", "call", "unreachable"],
]


def _at(app: FastAPI, moment: datetime) -> None:
    app.state.desk = replace(app.state.desk, clock=FixedClock(moment))


async def _worked(app: FastAPI, call: Caller, pool: Pool, n: int) -> datetime:
    """Open `n` follow-ups and take each some way; return the last moment."""
    chance, last = random.Random(5), NOW
    lead = call("vilay", "team_lead")
    for number in range(n):
        moment = NOW + number * HOUR
        severity = chance.choice(["critical", "high", "low"])
        event = scored(number, severity=severity, received_at=moment, customer_id=f"C{number % 7}")
        await opened(pool, [event], FixedClock(moment))
        version = 1
        for state in WAYS[number % len(WAYS)]:
            moment += chance.randint(1, 900) * timedelta(minutes=1)
            _at(app, moment)
            body = {"state": state, **({"resolution": SOLVED} if state == "resolved" else {})}
            if state == "call":
                answer = await called(lead, number, version)
            else:
                answer = await patch(lead, number, version, body)
            assert answer.is_success, answer.text
            version = int(answer.headers["ETag"].strip('"'))
        last = max(last, moment)
    return last


async def called(client: AsyncClient, number: int, version: int) -> Response:
    return await client.post(
        f"{path_of(number)}/contacts",
        json={"channel": "phone", "outcome": "no_answer"},
        headers={"If-Match": f'"{version}"'},
    )


async def _exported(pool: Pool) -> dict[str, list[FollowUpChanged]]:
    told: defaultdict[str, list[FollowUpChanged]] = defaultdict(list)
    for row in await pool.fetch("SELECT message FROM routing.followup_change ORDER BY version"):
        event = FollowUpChanged.model_validate_json(row["message"])
        told[str(event.data.followup_id)].append(event)
    return told


def _first(events: list[FollowUpChanged], *changes: str) -> FollowUpChanged | None:
    return next((event for event in events if event.data.change in changes), None)


def _minutes(told: dict[str, list[FollowUpChanged]], *changes: str) -> list[float]:
    ends = [(events[0], _first(events, *changes)) for events in told.values()]
    return [
        (end.data.changed_at - begin.data.changed_at) / timedelta(minutes=1)
        for begin, end in ends
        if end
    ]


async def test_measures_are_what_the_exported_events_say(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    last = await _worked(app, call, worker_pool, 40)
    now = last + timedelta(days=8)
    _at(app, now)
    seen = (await call("mali").get(MEASURES, params=DAYS)).json()["all"]
    told = await _exported(worker_pool)

    assert seen["opened"] == len(told) == 40
    for step, changes in {
        "acknowledge": ["acknowledged"],
        "contact": ["contacting", "contacted"],
        "resolve": ["resolved"],
    }.items():
        minutes = _minutes(told, *changes)
        assert seen[step]["calendar"]["n"] == len(minutes) > 5
        assert seen[step]["calendar"]["median_s"] == pytest.approx(60 * np.median(minutes))
        assert seen[step]["calendar"]["p90_s"] == pytest.approx(60 * np.quantile(minutes, 0.9))

    resolved = [events for events in told.values() if _first(events, "resolved")]
    assert (seen["closed"]["n"], seen["closed"]["of"]) == (len(resolved), 40)
    reopened = [events for events in resolved if _first(events, "reopened")]
    assert (seen["reopened"]["n"], seen["reopened"]["of"]) == (len(reopened), len(resolved))
    assert (seen["kept"]["n"], seen["kept"]["of"]) == _kept(told, now)
    assert seen["first_contact"]["n"] == sum(_is_first_contact(one, told) for one in resolved)
    assert 0 < seen["first_contact"]["n"] < seen["first_contact"]["of"] == len(resolved)


def _kept(told: dict[str, list[FollowUpChanged]], now: datetime) -> tuple[int, int]:
    kept = judged = 0
    for events in told.values():
        solved, ended = _first(events, "resolved"), events[-1].data
        due = (solved or events[-1]).data.due_at
        if solved and solved.data.changed_at <= due:
            kept, judged = kept + 1, judged + 1
        elif due < now and not (ended.state == "unreachable" and ended.changed_at <= due):
            judged += 1
    return kept, judged


def _is_first_contact(
    events: list[FollowUpChanged], told: dict[str, list[FollowUpChanged]]
) -> bool:
    solved = _first(events, "resolved")
    assert solved
    end = solved.data.changed_at + timedelta(days=7)
    before = [one.data.change for one in events if one.data.changed_at < solved.data.changed_at]
    contacts = max(before.count("contacting"), before.count("contacted"))
    again = _first(events, "reopened")
    back = any(
        solved.data.changed_at < other[0].data.changed_at < end
        and other[0].data.customer_id == solved.data.customer_id
        for other in told.values()
    )
    return contacts <= 1 and not (again and again.data.changed_at < end) and not back


async def test_teams_and_owners_are_told_apart_and_add_up(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(n) for n in range(4)])
    await opened(worker_pool, [scored(n, touchpoint="billing") for n in range(4, 7)])
    _at(app, NOW + HOUR)
    seen = (await call("mali").get(MEASURES, params=DAYS)).json()
    assert {team["id"]: team["opened"] for team in seen["teams"]} == {
        "billing-care": 3,
        "delivery-care": 4,
    }
    assert sum(owner["opened"] for owner in seen["owners"]) == 7
    one = (await call("mali").get(MEASURES, params={**DAYS, "team": "billing-care"})).json()
    assert one["all"]["opened"] == 3


async def test_days_are_the_companys_own(app: FastAPI, call: Caller, worker_pool: Pool) -> None:
    # 23:30 and 00:30 in Vientiane, seven hours from UTC.
    evening = NOW.replace(hour=16, minute=30)
    for number, moment in enumerate((evening, evening + HOUR)):
        await opened(worker_pool, [scored(number, received_at=moment)], FixedClock(moment))
    _at(app, NOW + timedelta(days=3))
    days = {"since": "2026-11-20", "until": "2026-11-20"}
    assert (await call("mali").get(MEASURES, params=days)).json()["all"]["opened"] == 1


async def test_another_tenants_follow_ups_are_not_measured(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, tenant=OTHER_TENANT)])
    _at(app, NOW + HOUR)
    seen = (await call("mali").get(MEASURES, params=DAYS)).json()
    assert (seen["all"]["opened"], seen["teams"]) == (0, [])


@pytest.mark.parametrize(
    "days",
    [
        {"since": "2026-12-02", "until": "2026-12-01"},
        {"since": "2025-01-01", "until": "2026-12-01"},
        {"since": "yesterday"},
        {"severity": "grave"},
    ],
)
async def test_days_that_can_not_be_measured_are_named(call: Caller, days: dict[str, str]) -> None:
    answer = await call("mali").get(MEASURES, params=days)
    told: dict[str, Any] = answer.json()
    assert answer.status_code == 422
    assert told["field"] in days


async def test_the_page_says_what_was_measured(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    last = await _worked(app, call, worker_pool, 16)
    _at(app, last + HOUR)
    client = call("mali")
    page = (await client.get("/measures", params=DAYS, headers={"Accept": "text/html"})).text
    assert "Deadlines kept" in page
    assert "Delivery care" in page
    empty = await client.get(
        "/measures", params={"until": "2025-01-01"}, headers={"Accept": "text/html"}
    )
    assert "Nothing happened on these days" in empty.text


async def test_the_table_holds_the_numbers_of_the_report(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await _worked(app, call, worker_pool, 16)
    _at(app, NOW + 40 * HOUR)
    report = (await call("vilay", "team_lead").get(MEASURES, params=DAYS)).json()
    answer = await call("vilay", "team_lead").get(f"{MEASURES}.csv", params=DAYS)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "measures-2026-11-01-2026-12-31.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = [report["all"], *report["teams"], *report["owners"]]
    assert [row["name"] for row in rows] == [one.get("name", "") for one in told]
    for row, one in zip(rows, told, strict=True):
        assert row["opened"] == str(one["opened"])
        assert row["kept.n"] == str(one["kept"]["n"])
        median = one["resolve"]["calendar"]["median_s"]
        assert row["resolve.calendar.median_s"] == ("" if median is None else str(median))
    assert {row["kind"] for row in rows} == {"all", "team", "owner"}


async def test_without_anything_the_table_has_its_row_for_all(call: Caller) -> None:
    answer = await call("vilay", "team_lead").get(f"{MEASURES}.csv", params=DAYS)
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["kind"], row["opened"], row["kept.share"]) == ("all", "0", "")
