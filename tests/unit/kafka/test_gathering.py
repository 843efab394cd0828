"""What waits at the same time is committed together, and nobody answers for another's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import Batch, Committed, Entry, Outgoing, Record
from shared.errors import TransientError
from shared.kafka.gathering import GROUPS_AT_ONCE, Gathering
from shared.kafka.transport import CHUNK_RECORDS

BAD = "bad"


@dataclass
class Database:
    """Takes groups while its door is open."""

    groups: list[list[str]] = field(default_factory=list)
    door: asyncio.Event = field(default_factory=asyncio.Event)
    away: bool = False
    inside: int = 0
    most_inside: int = 0

    async def commit(self, batches: Sequence[Batch[str]]) -> Sequence[Committed]:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await self.door.wait()
        self.inside -= 1
        if self.away:
            raise TransientError("PostgreSQL is away.")
        said = [events(batch) for batch in batches]
        if any(BAD in some for some in said):
            raise KeyError(BAD)
        self.groups.append([event for some in said for event in some])
        return [answer(batch) for batch in batches]


def batch(*said: str, partition: int = 0) -> Batch[str]:
    return Batch(
        topic="in",
        topic_id=UUID(int=1),
        partition=partition,
        first_offset=0,
        last_offset=len(said) - 1,
        entries=[Entry(Record("in", partition, n, None, b""), one) for n, one in enumerate(said)],
    )


def events(some: Batch[str]) -> list[str]:
    return [str(entry.decoded) for entry in some.entries]


def answer(some: Batch[str]) -> Committed:
    return Committed(outgoing=[Outgoing("out", None, one.encode()) for one in events(some)])


async def test_what_waits_together_is_one_transaction_and_each_has_its_own_answer() -> None:
    database = Database()
    database.door.set()
    gathering = Gathering(database.commit)
    batches = [batch(f"a{n}", f"b{n}", partition=n) for n in range(12)]
    answers = await asyncio.gather(*map(gathering.commit, batches))
    assert answers == [answer(one) for one in batches]
    assert len(database.groups) == 1


async def test_what_comes_while_the_database_is_busy_goes_together_afterwards() -> None:
    database = Database()
    gathering = Gathering(database.commit)
    waiting = []
    for n in range(GROUPS_AT_ONCE + 6):
        waiting.append(asyncio.create_task(gathering.commit(batch(str(n), partition=n))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    database.door.set()
    await asyncio.gather(*waiting)
    assert database.most_inside == GROUPS_AT_ONCE
    assert sorted(map(len, database.groups)) == [1] * GROUPS_AT_ONCE + [6]


@given(sizes=st.lists(st.integers(1, CHUNK_RECORDS), min_size=1, max_size=12))
async def test_no_group_is_larger_than_a_chunk_and_none_is_left_waiting(sizes: list[int]) -> None:
    database = Database()
    database.door.set()
    gathering = Gathering(database.commit)
    batches = [batch(*["x"] * size, partition=n) for n, size in enumerate(sizes)]
    await asyncio.gather(*map(gathering.commit, batches))
    assert sum(map(len, database.groups)) == sum(sizes)
    assert max(map(len, database.groups)) <= CHUNK_RECORDS


async def test_an_event_at_fault_fails_its_own_batch_alone() -> None:
    database = Database()
    database.door.set()
    gathering = Gathering(database.commit)
    good, faulty, other = await asyncio.gather(
        gathering.commit(batch("a")),
        gathering.commit(batch("b", BAD, partition=1)),
        gathering.commit(batch("c", partition=2)),
        return_exceptions=True,
    )
    assert isinstance(faulty, KeyError)
    assert (good, other) == (answer(batch("a")), answer(batch("c", partition=2)))
    assert database.groups == [["a"], ["c"]]


async def test_while_the_database_is_away_everybody_hears_so_and_may_try_again() -> None:
    database = Database(away=True)
    database.door.set()
    gathering = Gathering(database.commit)
    heard = await asyncio.gather(
        *(gathering.commit(batch("a", partition=n)) for n in range(3)), return_exceptions=True
    )
    assert [type(one) for one in heard] == [TransientError] * 3
    database.away = False
    assert await gathering.commit(batch("a")) == answer(batch("a"))


async def test_who_no_longer_waits_takes_nothing_from_the_others() -> None:
    database = Database()
    gathering = Gathering(database.commit)
    leaver = asyncio.create_task(gathering.commit(batch("a")))
    stayer = asyncio.create_task(gathering.commit(batch("b", partition=1)))
    await asyncio.sleep(0)
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    database.door.set()
    assert await stayer == answer(batch("b", partition=1))
