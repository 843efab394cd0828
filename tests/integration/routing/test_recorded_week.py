"""A recorded week, worked by twelve owners in three time zones, and measured twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.events import FeedbackScored, FollowUpChange, FollowUpChanged
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.counted_again import Case, counted, working_time
from tests.integration.routing.recorded_week import BEGIN, END, WEEK, complaints, praises, week_at

FILE = Path(__file__).parents[3].parent / "shared" / "data" / "airline_feedback.csv"
MANY = 240
DAY = timedelta(days=1)
_SHARES = (
    *("acknowledged_in_time", "contacted_in_time", "kept", "loop_closed", "first_contact"),
    *("reopened", "recovered", "hasty", "mass", "closed"),
)
NOTHING = counted([], [], (BEGIN, END), END)


async def _exported(pool: Pool, heard: Sequence[FeedbackScored]) -> list[Case]:
    from_what = {one.data.feedback_id: one for one in heard}
    told: defaultdict[str, list[FollowUpChange]] = defaultdict(list)
    for row in await pool.fetch("SELECT message FROM routing.followup_change ORDER BY version"):
        event = FollowUpChanged.model_validate_json(row["message"])
        told[str(event.data.followup_id)].append(event.data)
    return [Case(events, from_what[events[0].feedback_id], heard) for events in told.values()]


def _plain(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the report's measures in the shape in which they are counted again."""
    return {name: _part(seen[name]) for name in NOTHING}


def _part(seen: Any) -> Any:  # noqa: ANN401  (a part of an answer)
    match seen:
        case {"calendar": _} | {"contacts": _} | {"recovered": _, "worse": _}:
            return {name: _part(one) for name, one in seen.items()}
        case {"n": n, "of": of}:
            return n, of
        case {"n": _}:
            return tuple(one and round(one, 3) for one in seen.values())
        case _:
            return seen


def _by(cases: Sequence[Case], key: Callable[[Case], str | None]) -> dict[str, list[Case]]:
    groups: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if name := key(case):
            groups[name].append(case)
    return groups


def _kept_its_clock(case: Case) -> bool:
    """Whether the deadline that counted leaves the hours that the program grants."""
    final, policy = case.resolved or case.last, case.policy
    allowed = timedelta(hours=policy["resolve_hours"])
    if policy.get("clock") != "business":
        return final.due_at - case.begun == allowed
    cap = timedelta(hours=policy.get("pause", {}).get("max_hours", 0))
    allowed += min(cap, _waited(case, final, cap))
    return working_time(final.team, case.begun, final.due_at) == allowed


def _waited(case: Case, final: FollowUpChange, cap: timedelta) -> timedelta:
    """Return the working time in which it waited; who waits to the end may use all of `cap`."""
    so_far = [one for one in case.events if one.version <= final.version]
    if final.state == "waiting_customer":
        return cap
    return sum(
        (
            working_time(final.team, one.changed_at, after.changed_at)
            for one, after in pairwise(so_far)
            if one.state == "waiting_customer" and one.changed_at < one.due_at
        ),
        timedelta(),
    )


@pytest.mark.skipif(not FILE.is_file(), reason="the feedback files in ../shared/data are not here")
async def test_the_measures_of_a_recorded_week_are_what_its_exported_events_say(
    settings: Settings, worker_pool: Pool
) -> None:
    events, praised = complaints(FILE, MANY), praises(FILE, MANY)
    async with week_at(settings, worker_pool) as week:
        await week.live([*events, *praised])
        cases = await _exported(worker_pool, [*events, *praised])
        assert len(cases) == len(events) == MANY
        _is_worth_measuring(counted(cases, cases, (BEGIN, BEGIN + WEEK), END))
        _deadlines_are_the_programs(cases)

        async def read(until: datetime, **whose: str) -> dict[str, Any]:
            days = {"since": "2026-10-24", "until": f"{until - DAY / 2:%Y-%m-%d}"}
            client = week.as_somebody("kham", "frontline_owner")
            answer = await client.get("/followups/v1/measures", params={**days, **whose})
            assert answer.is_success, answer.text
            found: dict[str, Any] = answer.json()
            return found

        for until in (BEGIN + WEEK, BEGIN + 2 * WEEK):
            period = BEGIN, until
            _are_equal(await read(until), cases, period)
            segment = _by(cases, lambda case: case.heard.data.feedback.segment)
            gold = counted(segment["Gold"], cases, period, END)
            assert _plain((await read(until, segment="Gold"))["all"]) == gold
            for team in ("vientiane", "berlin", "newyork"):
                own = [case for case in cases if case.last.team == team]
                seen = await read(until, team=team)
                assert _plain(seen["all"]) == counted(own, cases, period, END)


def _are_equal(
    seen: dict[str, Any], cases: Sequence[Case], period: tuple[datetime, datetime]
) -> None:
    assert _plain(seen["all"]) == counted(cases, cases, period, END)
    for groups, parts, many in (
        (seen["teams"], _by(cases, lambda case: case.last.team), 3),
        (seen["owners"], _by(cases, lambda case: case.owner), 12),
    ):
        found = {one["id"]: _plain(one) for one in groups}
        assert len(found) == many
        assert found == {
            name: counted(part, cases, period, END) for name, part in parts.items() if name in found
        }


def _is_worth_measuring(week: dict[str, Any]) -> None:
    """Every share of the week has both sides, every time its steps."""
    assert week["opened"] == MANY
    for name in ("acknowledge", "contact", "resolve"):
        assert week[name]["calendar"][0] > 50
    for name in _SHARES:
        assert 2 < week[name][0] < week[name][1], name
    for counts in week["effort"].values():
        assert counts[0] > 20
        assert counts[-1] > 0
    assert week["own_effort"][0] > 2
    for n, of in week["later"].values():
        assert 2 < n < of


def _deadlines_are_the_programs(cases: Sequence[Case]) -> None:
    once = [case for case in cases if case.resolved or case.last.state != "reopened"]
    assert [case for case in once if not _kept_its_clock(case)] == []
