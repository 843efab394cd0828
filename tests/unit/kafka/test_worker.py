"""The order of the steps, and what each failing step leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import faust
import pytest
from faust.types import TP, EventT

from shared.contracts.records import Batch, Committed, Outgoing, Record, Rejected
from shared.errors import ClosedLoopError, TransientError
from shared.kafka import worker
from shared.kafka.deliveries import Chunk
from shared.kafka.producer import Producer, PublishingError
from shared.kafka.suspects import MOST_IN_A_ROW, HandlerFaultError
from shared.kafka.worker import (
    BatchHandler,
    Lanes,
    Subscription,
    handle_then_acknowledge,
)
from tests.support.waiting import until


@dataclass(frozen=True)
class Raw:
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int = 0


@dataclass
class Service:
    """A service that keeps what it is given, and fails where it is told to."""

    log: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    published: list[Outgoing] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    database_away: int = 0
    kafka_error: Exception | None = None

    def decode(self, record: Record) -> str:
        if not record.value:
            raise Rejected("empty", "There is nothing in it.")
        return record.value.decode()

    async def commit(self, batches: Sequence[Batch[str]]) -> Sequence[Committed]:
        if self.database_away:
            self.database_away -= 1
            raise TransientError("PostgreSQL is away.")
        events = [event for batch in batches for event in events_of(batch)]
        if broken := self.bad.intersection(events):
            raise KeyError(*broken)
        self.log.append("commit")
        self.kept += events
        return [committed(batch) for batch in batches]

    async def send_all(self, messages: Sequence[Outgoing]) -> None:
        if self.kafka_error:
            raise self.kafka_error
        self.log.append("publish")
        self.published += messages

    def handler(self) -> BatchHandler[str]:
        subscription = Subscription(topic="in", decode=self.decode, commit=self.commit)
        return BatchHandler("scoring", subscription, UUID(int=1), cast(Producer, self))


def events_of(batch: Batch[str]) -> list[str]:
    return [e.decoded for e in batch.entries if not isinstance(e.decoded, Rejected)]


def committed(batch: Batch[str]) -> Committed:
    return Committed(
        outgoing=[Outgoing(topic="out", key=None, value=e.encode()) for e in events_of(batch)],
        rejected=[(e.record, e.decoded) for e in batch.entries if isinstance(e.decoded, Rejected)],
    )


def chunk(*values: bytes) -> Chunk:
    return Chunk(TP("in", 0), 0, [Raw(offset, value) for offset, value in enumerate(values)])


def letters(service: Service) -> list[tuple[bytes, bytes | None]]:
    return [
        (m.headers["ce_reasoncode"], m.value)
        for m in service.published
        if m.topic == "scoring.dead-letter.v1"
    ]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(worker, "_LONGEST_PAUSE_S", 0.0)


async def test_a_batch_is_committed_before_it_is_published() -> None:
    service = Service()
    await service.handler().handle(chunk(b"a", b"b"))
    assert service.log == ["commit", "publish"]
    assert [m.value for m in service.published] == [b"a", b"b"]


async def test_what_does_not_decode_is_a_dead_letter_and_the_rest_goes_on() -> None:
    service = Service()
    await service.handler().handle(chunk(b"a", b"", b"c"))
    assert service.kept == ["a", "c"]
    assert letters(service) == [(b"empty", b"")]


async def test_a_database_that_is_away_is_waited_for() -> None:
    service = Service(database_away=3)
    await service.handler().handle(chunk(b"a"))
    assert service.kept == ["a"]


async def test_a_batch_whose_publishing_fails_is_not_done() -> None:
    service = Service(kafka_error=PublishingError("Kafka refuses it."))
    with pytest.raises(PublishingError):
        await service.handler().handle(chunk(b"a"))


async def test_servers_away_for_too_long_end_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE_S", 0.05)
    monkeypatch.setattr(worker, "_FIRST_PAUSE_S", 0.01)
    service = Service(database_away=10_000)
    with pytest.raises(TransientError):
        await service.handler().handle(chunk(b"a"))


async def test_one_event_that_trips_the_handler_is_found_and_buried_alone() -> None:
    service = Service(bad={"f"})
    await service.handler().handle(chunk(*(bytes([n]) for n in b"abcdefghijk")))
    assert sorted(service.kept) == list("abcdeghijk")
    assert letters(service) == [(b"handler_failed", b"f")]


async def test_when_every_event_trips_the_handler_none_is_buried() -> None:
    values = [bytes([n]) for n in b"abcdefghijk"]
    service = Service(bad={value.decode() for value in values})
    with pytest.raises(HandlerFaultError):
        await service.handler().handle(chunk(*values))
    assert letters(service) == []


@dataclass
class Delivered:
    """A delivery, as Faust hands it over, with its app and its consumer in one."""

    chunk: Chunk
    log: list[str]
    stale: bool = False

    @property
    def message(self) -> object:
        return SimpleNamespace(value=self.chunk, generation_id=1)

    def is_stale(self, generation: int) -> bool:
        assert generation == 1
        return self.stale

    @property
    def consumer(self) -> Delivered:
        return self

    def finish(self, chunk: Chunk) -> None:
        assert chunk is self.chunk
        self.log.append("acknowledge")

    def ack(self) -> None:
        self.log.append("let go")


async def test_a_batch_is_acknowledged_only_when_it_is_committed_and_published() -> None:
    service = Service()
    event = Delivered(chunk(b"a"), service.log)
    await handle_then_acknowledge(
        cast(faust.App, event), service.handler(), cast(EventT[Any], event)
    )
    assert service.log == ["commit", "publish", "acknowledge", "let go"]


async def test_a_batch_that_a_rebalance_has_overtaken_is_let_go_and_comes_again() -> None:
    service = Service()
    event = Delivered(chunk(b"a"), service.log, stale=True)
    await handle_then_acknowledge(
        cast(faust.App, event), service.handler(), cast(EventT[Any], event)
    )
    assert service.log == ["let go"]


@pytest.mark.parametrize("step", ["commit", "publish"])
async def test_a_batch_that_fails_on_its_way_is_never_acknowledged(step: str) -> None:
    error = PublishingError("Kafka refuses it.")
    service = Service(bad={"a"}) if step == "commit" else Service(kafka_error=error)
    values = [b"a"] * (MOST_IN_A_ROW + 1)
    event = Delivered(chunk(*values), service.log)
    with pytest.raises(ClosedLoopError):
        await handle_then_acknowledge(
            cast(faust.App, event), service.handler(), cast(EventT[Any], event)
        )
    assert "acknowledge" not in service.log


async def test_the_chunks_of_a_partition_are_handled_in_order_and_partitions_side_by_side() -> None:
    lanes, done, gate = Lanes(), [], asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        done.append("first of 0")

    async def quick(name: str) -> None:
        done.append(name)

    finished = asyncio.Event()

    async def last() -> None:
        done.append("second of 0")
        finished.set()

    lanes.submit(TP("in", 0), slow)
    lanes.submit(TP("in", 0), last)
    lanes.submit(TP("in", 1), lambda: quick("of 1"))
    await until(lambda: done)
    assert done == ["of 1"]
    gate.set()
    await finished.wait()
    assert done == ["of 1", "first of 0", "second of 0"]
