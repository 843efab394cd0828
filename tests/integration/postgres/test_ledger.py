from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.records import Batch, Entry, Outcome, Outgoing, Record, Rejected
from shared.errors import TransientError
from shared.postgres.ledger import LedgeredCommit
from shared.postgres.pool import Connection, Pool, create_pool

TOPIC_ID = UUID(int=5)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    owner = await asyncpg.connect(database_url)
    await owner.execute("CREATE TABLE public.probe (id text PRIMARY KEY)")
    await owner.execute("GRANT ALL ON public.probe TO closedloop_scoring")
    await owner.close()
    async with await create_pool(database_url, role="closedloop_scoring") as opened:
        yield opened


async def keep(connection: Connection, events: Sequence[str]) -> Sequence[Outcome]:
    """The simplest handler there is: one row an event."""
    distinct = sorted(set(events))
    rows = await connection.fetch(
        "INSERT INTO public.probe SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING id",
        distinct,
    )
    new = {row["id"] for row in rows}
    outcomes = []
    for event in events:
        message = Outgoing(topic="out", key=None, value=event.encode())
        outcomes.append(Outcome(fresh=event in new, outgoing=[message]))
        new.discard(event)
    return outcomes


def batch(
    first: int,
    events: Sequence[str | Rejected],
    *,
    start: int | None = None,
    partition: int = 0,
) -> Batch[str]:
    return Batch(
        topic="feedback.submitted.v1",
        topic_id=TOPIC_ID,
        partition=partition,
        first_offset=first if start is None else start,
        last_offset=first + len(events) - 1,
        entries=[
            Entry(
                Record("feedback.submitted.v1", partition, offset=n, key=None, value=b"x"),
                event,
            )
            for n, event in enumerate(events, first)
        ],
    )


async def rows(pool: Pool) -> list[tuple[int, ...]]:
    found = await pool.fetch(
        "SELECT first_offset, last_offset, handled, duplicates, dead_letters, absent "
        "FROM ledger.batch ORDER BY first_offset"
    )
    return [tuple(row) for row in found]


async def test_effects_and_account_are_committed_together(pool: Pool) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    (committed,) = await commit([batch(10, ["a", "b", "a", Rejected("not_json", "No.")], start=8)])
    assert [message.value for message in committed.outgoing] == [b"a", b"b", b"a"]
    assert [record.offset for record, _ in committed.rejected] == [13]
    assert await rows(pool) == [(8, 13, 2, 1, 1, 2)]
    assert await pool.fetchval("SELECT count(*) FROM public.probe") == 2


async def test_a_batch_that_comes_again_answers_the_same_and_adds_nothing(pool: Pool) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    (first,) = await commit([batch(0, ["a", "b", Rejected("not_json", "No.")])])
    (again,) = await commit([batch(0, ["a", "b", Rejected("not_json", "No.")])])
    assert again.outgoing == first.outgoing
    assert await rows(pool) == [(0, 2, 2, 0, 1, 0)]


async def test_a_batch_cut_differently_after_a_crash_enters_only_what_is_new(pool: Pool) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    await commit([batch(2, ["c", "d"])])
    await commit([batch(0, ["a", "b", "c", "d", "e", "f"])])
    assert await rows(pool) == [(0, 1, 2, 0, 0, 0), (2, 3, 2, 0, 0, 0), (4, 5, 2, 0, 0, 0)]


async def test_what_was_entered_as_a_dead_letter_stays_one(pool: Pool) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    await commit([batch(0, ["a", Rejected("unknown_tenant", "No program.", field="tenant")])])
    (again,) = await commit([batch(0, ["a", "b", "c"])])
    ((record, reason),) = again.rejected
    assert (record.offset, reason.code, reason.field) == (1, "unknown_tenant", "tenant")
    assert await rows(pool) == [(0, 1, 1, 0, 1, 0), (2, 2, 1, 0, 0, 0)]
    assert await pool.fetchval("SELECT array_agg(id ORDER BY id) FROM public.probe") == ["a", "c"]


async def test_batches_of_partitions_are_one_transaction_and_each_is_answered_for(
    pool: Pool,
) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    refused = Rejected("not_json", "No.")
    first, second = await commit(
        [batch(0, ["a", refused, "b"]), batch(0, [refused, "c"], partition=1)]
    )
    assert [message.value for message in first.outgoing] == [b"a", b"b"]
    assert [message.value for message in second.outgoing] == [b"c"]
    assert [[record.offset for record, _ in one.rejected] for one in (first, second)] == [[1], [0]]
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM ledger.batch") == 1
    assert sorted(await rows(pool)) == [(0, 1, 1, 0, 1, 0), (0, 2, 2, 0, 1, 0)]


async def test_dead_letters_of_several_partitions_stay_what_they_were(pool: Pool) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    refused = Rejected("unknown_tenant", "No program.", field="tenant")
    await commit([batch(0, [refused], partition=n) for n in range(3)])
    again = await commit([batch(0, [f"event {n}"], partition=n) for n in range(3)])
    assert [[reason.code for _, reason in one.rejected] for one in again] == [
        ["unknown_tenant"]
    ] * 3
    assert await pool.fetchval("SELECT count(*) FROM public.probe") == 0


async def test_a_handler_that_fails_leaves_neither_effects_nor_account(pool: Pool) -> None:
    async def fail_late(connection: Connection, events: Sequence[str]) -> Sequence[Outcome]:
        await keep(connection, events)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await LedgeredCommit(pool=pool, group="scoring", effects=fail_late)([batch(0, ["a"])])
    assert await rows(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM public.probe") == 0


async def test_a_value_that_no_database_takes_is_the_events_fault_not_the_servers(
    pool: Pool,
) -> None:
    commit = LedgeredCommit(pool=pool, group="scoring", effects=keep)
    for text in ("nul \0", "half a pair \ud800"):
        with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever asyncpg makes of it)
            await commit([batch(0, [text])])
        assert not isinstance(caught.value, TransientError)


async def test_a_cut_connection_is_worth_another_attempt(pool: Pool, database_url: str) -> None:
    async def cut(connection: Connection, events: Sequence[str]) -> Sequence[Outcome]:
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        owner = await asyncpg.connect(database_url)
        await owner.execute("SELECT pg_terminate_backend($1)", pid)
        await owner.close()
        return await keep(connection, events)

    with pytest.raises(TransientError):
        await LedgeredCommit(pool=pool, group="scoring", effects=cut)([batch(0, ["a"])])
    assert await rows(pool) == []


async def test_a_connection_in_a_state_that_the_driver_does_not_know_is_no_events_fault(
    pool: Pool,
) -> None:
    async def confused(_: Connection, __: Sequence[str]) -> Sequence[Outcome]:
        raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2)")

    with pytest.raises(TransientError):
        await LedgeredCommit(pool=pool, group="scoring", effects=confused)([batch(0, ["a"])])


async def test_the_database_itself_refuses_an_offset_twice(pool: Pool) -> None:
    await LedgeredCommit(pool=pool, group="scoring", effects=keep)([batch(5, ["a", "b"])])
    with pytest.raises(asyncpg.ExclusionViolationError):
        await pool.execute(
            "INSERT INTO ledger.batch SELECT consumer_group, topic, topic_id, partition, 6, 7, "
            "handled, effects, duplicates, dead_letters, absent FROM ledger.batch"
        )
