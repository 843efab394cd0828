"""Who is told of what, and when a message is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.deliveries import (
    JITTER,
    PATIENCE,
    PAUSES,
    Attempt,
    Change,
    Listener,
    deliveries_of,
    setback,
    wait_of,
    wants,
)

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FAILED = Attempt(status=500, fault="It answered 500 Internal Server Error.")


def change(version: int = 1, *, name: str = "opened", state: str = "assigned") -> Change:
    return Change(
        tenant="demo",
        followup_id=UUID(int=7),
        version=version,
        change=name,
        state=state,
        message=f'{{"version":{version}}}',
    )


def listener(number: int, *events: str, tenant: str = "demo") -> Listener:
    return Listener(webhook_id=UUID(int=number), tenant=tenant, events=events or ("followup.*",))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["followup.*"], True),
        (["followup.resolved"], True),
        (["followup.state.resolved"], True),
        (["followup.opened", "followup.resolved"], True),
        (["followup.opened"], False),
        (["followup.state.closed"], False),
    ],
)
def test_an_endpoint_hears_what_it_asked_for(events: list[str], expected: bool) -> None:
    assert wants(events, change(name="resolved", state="resolved")) is expected


def test_a_note_is_heard_by_its_state_and_not_as_the_state() -> None:
    noted = change(name="noted", state="resolved")
    assert wants(["followup.state.resolved"], noted)
    assert not wants(["followup.resolved"], noted)


def test_each_change_is_for_each_endpoint_of_its_tenant_that_wants_it() -> None:
    found = deliveries_of(
        [change(1), change(2, name="taken")],
        [listener(1), listener(2, "followup.taken"), listener(3, tenant="other")],
    )
    assert [(one.webhook_id.int, one.position, one.event) for one in found] == [
        (1, 1, "followup.opened"),
        (1, 2, "followup.taken"),
        (2, 2, "followup.taken"),
    ]
    assert len({(one.webhook_id, one.message_id) for one in found}) == 3
    assert {one.message_id for one in found if one.position == 2} == {found[1].message_id}


@given(attempts=st.integers(1, len(PAUSES)), chance=st.floats(0, 1))
def test_a_pause_is_the_schedules_give_or_take_the_jitter(attempts: int, chance: float) -> None:
    due_at = setback(FAILED, attempts, NOW, chance).due_at
    assert due_at is not None
    planned = PAUSES[attempts - 1]
    assert planned * (1 - JITTER) <= due_at - NOW <= planned * (1 + JITTER)


def test_the_schedule_lasts_three_days_and_ends() -> None:
    assert sum(PAUSES, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)
    assert setback(FAILED, len(PAUSES), NOW, 0.5).due_at is not None
    assert setback(FAILED, len(PAUSES) + 1, NOW, 0.5).due_at is None


def test_an_endpoint_is_hopeless_after_days_without_a_success() -> None:
    follows = setback(FAILED, 3, NOW, 0.5)
    assert follows.hopeless_since == NOW - PATIENCE
    assert "500" in follows.reason


def test_gone_ends_it_at_once() -> None:
    follows = setback(Attempt(status=410, fault="It answered 410 Gone."), 1, NOW, 0.5)
    assert follows.due_at is None
    assert follows.hopeless_since == NOW
    assert "410" in follows.reason


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(days=400), timedelta(hours=24)),
    ],
)
def test_a_busy_endpoint_is_left_alone_as_it_asks_within_a_day(
    asked: timedelta, waits: timedelta
) -> None:
    busy = Attempt(status=503, fault="It answered 503.", wait=asked)
    assert setback(busy, 1, NOW, 0.5).due_at == NOW + waits


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("120", timedelta(minutes=2)),
        ("", None),
        ("-5", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_where_it_counts_seconds(text: str, waits: timedelta | None) -> None:
    assert wait_of({"retry-after": text}) == waits


def test_a_retry_after_of_any_length_is_no_fault_of_ours() -> None:
    assert wait_of({"retry-after": "9" * 5000}) == timedelta(seconds=9_999_999_999)
