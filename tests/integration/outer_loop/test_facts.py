"""The handlers against PostgreSQL: order, repeats, versions, two batches side by side."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.events import FollowUpChanged, FollowUpState
from shared.contracts.records import Outcome
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import NOW, Worker
from tests.integration.outer_loop.story import changed, scored

TABLES = {
    "feedback_fact": "SELECT * FROM outer_loop.feedback_fact ORDER BY feedback_id",
    "followup_version":
        "SELECT * FROM outer_loop.followup_version ORDER BY followup_id, version",
    "root_cause_fact": "SELECT * FROM outer_loop.root_cause_fact ORDER BY followup_id",
    "systemic_issue": "SELECT * FROM outer_loop.systemic_issue ORDER BY issue_id",
    "systemic_issue_department":
        "SELECT * FROM outer_loop.systemic_issue_department ORDER BY issue_id, department",
    # Which event opened an issue does depend on the order; all else about the change does not.
    "change": """SELECT thing_id, version, changed_at, tenant, kind, issue_id, change, actor,
                        reason, message FROM outer_loop.change ORDER BY thing_id, version""",
}  # fmt: skip


async def tables(worker: Worker) -> dict[str, Any]:
    return {name: await worker.rows(query) for name, query in TABLES.items()}


def messages(outcomes: Sequence[Outcome]) -> list[bytes | None]:
    return [message.value for outcome in outcomes for message in outcome.outgoing]


def five_customers(what: str = "refund_late") -> list[FollowUpChanged]:
    return [
        changed(
            f"{what}-{n}",
            customer=f"c{n}",
            what=what,
            at=story.DAY_0 + timedelta(days=n),
        )
        for n in range(5)
    ]


async def play(worker: Worker, said: Sequence[Any], worked: Sequence[Any]) -> set[bytes | None]:
    published: set[bytes | None] = set()
    for start in range(0, len(said), 70):
        await worker.feedback(said[start : start + 70])
    for start in range(0, len(worked), 70):
        published.update(messages(await worker.followups(worked[start : start + 70])))
    return published


async def test_an_issue_opens_at_the_fifth_customer_and_not_before(worker: Worker) -> None:
    events = five_customers()
    assert messages(await worker.followups(events[:4])) == []
    [message] = messages(await worker.followups(events[4:]))
    assert message is not None
    opened = json.loads(message)
    assert opened["tenant"] == story.TENANT
    assert opened["data"] | {"issue_id": None} == {
        "kind": "systemic_issue",
        "issue_id": None,
        "version": 1,
        "change": "opened",
        "touchpoint": "returns",
        "what": "refund_late",
        "customers": 5,
        "state": "open",
        "changed_at": "2026-11-22T12:00:00Z",
        "actor": "detector",
    }


async def test_five_follow_ups_of_four_customers_open_nothing(worker: Worker) -> None:
    events = [*five_customers()[:4], changed("again", customer="c0")]
    assert messages(await worker.followups(events)) == []


async def test_causes_further_apart_than_the_window_open_nothing(worker: Worker) -> None:
    events = [
        changed(f"far-{n}", customer=f"c{n}", at=story.DAY_0 + timedelta(days=8 * n))
        for n in range(5)
    ]
    assert messages(await worker.followups(events)) == []


async def test_an_open_issue_keeps_counting_without_another_message(worker: Worker) -> None:
    await worker.followups(five_customers())
    more = changed("sixth", customer="c6", touchpoint="returns")
    assert messages(await worker.followups([more])) == []
    assert len(await worker.rows("SELECT * FROM outer_loop.systemic_issue")) == 1


async def test_an_issue_knows_every_department_it_happened_to(worker: Worker) -> None:
    await worker.followups(five_customers())
    elsewhere = changed("moved", customer="c9")
    moved = elsewhere.data.model_copy(update={"department": "shops"})
    await worker.followups([elsewhere.model_copy(update={"data": moved})])
    rows = await worker.rows(TABLES["systemic_issue_department"])
    assert [row["department"] for row in rows] == ["finance", "shops"]


async def test_the_same_batch_again_is_old_and_leads_to_the_same_bytes(worker: Worker) -> None:
    events = five_customers()
    first = await worker.followups(events)
    before = await tables(worker)
    worker.clock.moment = NOW + timedelta(hours=1)
    second = await worker.followups(events)
    assert all(outcome.fresh for outcome in first)
    assert not any(outcome.fresh for outcome in second)
    assert [one.outgoing for one in first] == [two.outgoing for two in second]
    assert messages(first) != []
    assert await tables(worker) == before


async def test_an_event_twice_in_one_batch_is_fresh_once(worker: Worker) -> None:
    said = scored("once")
    assert [one.fresh for one in await worker.feedback([said, said])] == [True, False]
    change = changed("once")
    assert [one.fresh for one in await worker.followups([change, change])] == [True, False]


async def test_a_late_lower_version_changes_nothing(worker: Worker) -> None:
    later = changed("one", version=8, what="rude")
    earlier = changed("one", version=5, what="refund_late")
    await worker.followups([later])
    await worker.followups([earlier])
    [fact] = await worker.rows(TABLES["root_cause_fact"])
    assert (fact["version"], fact["what"]) == (8, "rude")


async def test_a_reopened_follow_up_has_no_cause_until_it_is_resolved_again(
    worker: Worker,
) -> None:
    resolved = changed("one", version=4)
    reopened = changed("one", version=5, state=FollowUpState.REOPENED)
    again = changed("one", version=8, what="rude", why="staffing")
    causes = []
    for event in (resolved, reopened, again):
        await worker.followups([event])
        [fact] = await worker.rows(TABLES["root_cause_fact"])
        causes.append((fact["what"], fact["why"]))
    assert causes == [("refund_late", "system"), (None, None), ("rude", "staffing")]


async def test_a_resolution_older_than_the_reopening_does_not_come_back(worker: Worker) -> None:
    await worker.followups([changed("one", version=5, state=FollowUpState.REOPENED)])
    await worker.followups([changed("one", version=4)])
    [fact] = await worker.rows(TABLES["root_cause_fact"])
    assert (fact["version"], fact["state"], fact["what"]) == (5, "reopened", None)


async def test_tenants_are_counted_apart(worker: Worker) -> None:
    events = five_customers()
    foreign = changed("foreign", customer="c5", tenant="other")
    assert messages(await worker.followups([*events[:4], foreign])) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_of_the_same_events_gives_the_same_tables_and_messages(
    worker: Worker, seed: int
) -> None:
    said, worked = story.history(7)
    worked += [*_revised("a"), *_revised("b")]
    in_order = await play(worker, said, worked)
    expected = await tables(worker)
    assert len(in_order) >= 1
    await _empty(worker)

    said, worked = (story.shuffled_with_repeats(part, seed) for part in (said, worked))  # type: ignore[assignment]  # the same events
    assert await play(worker, said, worked) == in_order
    assert await tables(worker) == expected


async def test_two_batches_side_by_side_do_not_both_miss_the_threshold(worker: Worker) -> None:
    for what in ("refund_late", "rude", "queue", "parcel_lost"):
        events = five_customers(what)
        outcomes = await asyncio.gather(*(worker.followups([event]) for event in events))
        assert len([message for one in outcomes for message in messages(one)]) == 1


async def test_batches_side_by_side_that_open_many_issues_do_not_deadlock(worker: Worker) -> None:
    _, worked = story.history(11, feedback=600)
    parts = [worked[n::6] for n in range(6)]
    random.Random(3).shuffle(parts)
    await asyncio.gather(*(worker.followups(part) for part in parts))
    once = await worker.rows(TABLES["root_cause_fact"])
    assert len(once) == len({event.data.followup_id for event in worked})


def _revised(name: str) -> list[FollowUpChanged]:
    """Return five customers' follow-ups; one owner corrects the cause, which ends at four."""
    cause = f"refund_late-{name}"
    events = [changed(f"{cause}-{n}", customer=f"{name}{n}", what=cause) for n in range(5)]
    return [*events, changed(f"{cause}-0", customer=f"{name}0", what="rude", version=9)]


async def _empty(worker: Worker) -> None:
    """Start over, as nobody but a test may: the role itself cannot delete."""
    async with worker.pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute(
            "TRUNCATE outer_loop.feedback_fact, outer_loop.followup_version,"
            " outer_loop.root_cause_fact, outer_loop.systemic_issue,"
            " outer_loop.systemic_issue_department, outer_loop.change, outer_loop.action_plan,"
            " outer_loop.action_item, outer_loop.plan_decision CASCADE"
        )
        await connection.execute("SET ROLE closedloop_outer_loop")
