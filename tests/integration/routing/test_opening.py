"""Flagged events become follow-ups: one each, ever, whatever is repeated."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.bootstrap import GROUP, followup_opener
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock
from shared.contracts.codec import encode
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.contracts.records import Batch, Entry, Outcome, Record, Rejected
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, PROGRAMS, event_id, scored
from tests.integration.routing.conftest import activate_programs, opened


def announced(outcome: Outcome) -> FollowUpChanged:
    (message,) = outcome.outgoing
    assert message.value is not None
    return FollowUpChanged.model_validate_json(message.value)


async def count(pool: Pool, table: str) -> int:
    number: int = await pool.fetchval(
        f"SELECT count(*) FROM routing.{table}"  # noqa: S608  (a name from this file)
    )
    return number


async def test_a_flagged_event_opens_a_follow_up_and_announces_it(worker_pool: Pool) -> None:
    (outcome,) = await opened(worker_pool, [scored(1)])
    event = announced(outcome)
    assert outcome.fresh
    assert outcome.effect
    assert outcome.outgoing[0].topic == "followup.changed.v1"
    assert outcome.outgoing[0].key == b"demo/C-00001"
    assert event.data.followup_id == derived_id("followup", str(event_id(1)))
    assert (event.data.version, event.data.change, event.data.state) == (1, "opened", "assigned")
    assert (event.data.owner, event.data.team, event.data.department) == (
        "mali",
        "delivery-care",
        "logistics",
    )
    assert event.data.due_at == NOW + timedelta(hours=24)


async def test_an_event_that_is_not_flagged_leaves_nothing_behind(worker_pool: Pool) -> None:
    (outcome,) = await opened(worker_pool, [scored(1, flagged=False)])
    assert outcome == Outcome(fresh=True, effect=False, outgoing=())
    assert await count(worker_pool, "followup") == 0
    assert await count(worker_pool, "rotation") == 0


async def test_the_same_event_again_gets_the_stored_announcement_to_the_byte(
    worker_pool: Pool,
) -> None:
    first = await opened(worker_pool, [scored(1), scored(1), scored(2)])
    again = await opened(worker_pool, [scored(2), scored(1)], FixedClock(NOW + timedelta(days=3)))
    assert [outcome.fresh for outcome in first] == [True, False, True]
    assert [outcome.fresh for outcome in again] == [False, False]
    assert again[0].outgoing == first[2].outgoing
    assert again[1].outgoing == first[0].outgoing == first[1].outgoing
    assert await count(worker_pool, "followup") == 2
    assert await count(worker_pool, "followup_change") == 2


async def test_only_really_new_follow_ups_take_a_turn_in_the_rotation(worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1), scored(2), scored(2)])
    await opened(worker_pool, [scored(1), scored(3), scored(4, flagged=False)])
    outcomes = await opened(worker_pool, [scored(4), scored(5), scored(6)])
    shares = Counter(
        {
            row["owner"]: row["n"]
            for row in await worker_pool.fetch(
                "SELECT owner, count(*) AS n FROM routing.followup GROUP BY owner"
            )
        }
    )
    assert shares == {"mali": 2, "noy": 2, "somchai": 2}
    assert len(outcomes) == 3


async def test_batches_side_by_side_neither_deadlock_nor_open_anything_twice(
    worker_pool: Pool,
) -> None:
    events = [
        scored(number, touchpoint="delivery" if number % 2 else "billing") for number in range(60)
    ]
    batches = [events[start:] + events[:start] for start in range(0, 60, 10)]
    answers = await asyncio.gather(*(opened(worker_pool, batch) for batch in batches))
    assert sum(outcome.fresh for answer in answers for outcome in answer) == 60
    assert await count(worker_pool, "followup") == 60
    said = {outcome.outgoing[0].value for answer in answers for outcome in answer}
    assert len(said) == 60
    taken = await worker_pool.fetch("SELECT team, position FROM routing.rotation")
    assert {row["team"]: row["position"] for row in taken} == {
        "delivery-care": 30,
        "billing-care": 30,
    }


async def test_a_batch_rolled_back_leaves_the_rotation_where_it_was(worker_pool: Pool) -> None:
    async with worker_pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await open_followups(
            PostgresOpenings(connection),
            [scored(1), scored(2)],
            programs=PROGRAMS,
            clock=FixedClock(NOW),
        )
        await transaction.rollback()
    (outcome,) = await opened(worker_pool, [scored(9)])
    assert announced(outcome).data.owner == "mali"


def batch_of(events: list[FeedbackScored]) -> Batch[FeedbackScored]:
    entries = [
        Entry(
            Record(
                topic="feedback.scored.v1",
                partition=0,
                offset=offset,
                key=None,
                value=encode(event),
            ),
            event,
        )
        for offset, event in enumerate(events)
    ]
    return Batch(
        topic="feedback.scored.v1",
        topic_id=derived_id("a topic"),
        partition=0,
        first_offset=0,
        last_offset=len(events) - 1,
        entries=entries,
    )


async def test_the_ledger_counts_what_the_worker_did_and_refuses_unknown_tenants(
    settings: Settings, worker_pool: Pool
) -> None:
    await activate_programs(settings)
    opener = followup_opener(worker_pool, ProgramStore(worker_pool), FixedClock(NOW))
    batch = batch_of(
        [
            scored(1),
            scored(2, flagged=False),
            scored(1),
            scored(3, tenant="nobody"),
            scored(4, tenant=OTHER_TENANT),
        ]
    )
    assert opener.admit is not None
    admitted = await opener.admit(batch)
    (committed,) = await opener.commit([admitted])
    assert len(committed.outgoing) == 3
    ((record, reason),) = committed.rejected
    assert (record.offset, reason.code, reason.field) == (3, "unknown_tenant", "tenant")
    row = await worker_pool.fetchrow("SELECT * FROM ledger.batch WHERE consumer_group = $1", GROUP)
    assert row is not None
    assert (row["handled"], row["effects"], row["duplicates"], row["dead_letters"]) == (3, 2, 1, 1)
    (again,) = await opener.commit([admitted])
    assert again.outgoing == committed.outgoing


async def test_a_record_that_was_refused_before_opens_nothing(
    settings: Settings, worker_pool: Pool
) -> None:
    await activate_programs(settings)
    commit = followup_opener(worker_pool, ProgramStore(worker_pool), FixedClock(NOW)).commit
    batch = batch_of([scored(1)])
    reason = Rejected("not_json", "It is no JSON.")
    refused: Entry[FeedbackScored] = Entry(batch.entries[0].record, reason)
    (committed,) = await commit([replace(batch, entries=[refused])])
    assert [why for _, why in committed.rejected] == [reason]
    assert await count(worker_pool, "followup") == 0
