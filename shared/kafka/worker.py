"""The worker: decode, commit, publish, acknowledge, in this order and never another.

The consumer's offset is the outbox. A crash at any point brings the batch again; the database
answers with the outcomes it has stored, they are published once more under the same ids, and
whoever is downstream drops what it has.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar, cast
from uuid import UUID

import faust
import structlog
import uvloop
from faust import Stream
from faust.tables.manager import TableManager
from faust.types import TP, EventT, StreamT

from shared.contracts.records import Batch, Entry, Record, Rejected
from shared.errors import ClosedLoopError, SettingsError, TransientError
from shared.kafka.dead_letters import dead_letter
from shared.kafka.deliveries import Chunk
from shared.kafka.gathering import Commit, Gathering
from shared.kafka.producer import Producer, PublishingError
from shared.kafka.suspects import Suspects, without
from shared.kafka.topic_ids import topic_ids
from shared.kafka.transport import CHUNK_RECORDS
from shared.kafka.transport import Consumer as ChunkConsumer
from shared.settings import Settings, from_environment
from shared.telemetry.log import configure

#: EX_SOFTWARE of sysexits.h: the supervisor starts the worker again.
EXIT_FAULT = 70
#: How long a server may be away before the worker gives up its place to a fresh one.
PATIENCE_S = 120.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Generic[T]):
    """What a service does with one topic.

    `decode` raises Rejected for a record that is no event. `admit` puts a Rejected in the place
    of events that can be told to be unfit only by asking around (an unknown tenant). `commit`
    writes the effects of some partitions' batches and their ledger rows in one transaction and
    returns what is to be published for each, also for events seen before. Both raise
    TransientError when a later attempt may go through.
    """

    topic: str
    decode: Callable[[Record], T]
    commit: Commit[T]
    admit: Callable[[Batch[T]], Awaitable[Batch[T]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A service's worker: its consumer group and what it subscribes to.

    `open` holds what the subscriptions need (pools, programs) for as long as the worker runs.
    """

    group: str
    open: Callable[[Settings], AbstractAsyncContextManager[Sequence[Subscription[Any]]]]


class BatchHandler(Generic[T]):
    """Takes the chunks of one topic from bytes to acknowledged effects."""

    def __init__(
        self, group: str, subscription: Subscription[T], topic_id: UUID, producer: Producer
    ) -> None:
        self._group = group
        self._subscription = subscription
        self._topic_id = topic_id
        self._producer = producer
        self._gathering = Gathering(subscription.commit)
        self._suspects = Suspects()

    async def handle(self, chunk: Chunk) -> None:
        """Bring `chunk` to its end; when this returns, it may be acknowledged.

        Raises what must stop the worker: servers away for too long, or events failing at such
        a rate that the fault must be ours.
        """
        batch = await self._admitted(self._decode(chunk))
        suspects = await self._commit(batch)
        for suspect in self._suspects.convicted(batch, suspects):
            await self._settle(suspect)

    def _decode(self, chunk: Chunk) -> Batch[T]:
        topic, partition = self._subscription.topic, chunk.partition.partition
        entries = [
            self._entry(
                Record(topic, partition, raw.offset, raw.key, raw.value, raw.headers, raw.timestamp)
            )
            for raw in chunk.records
        ]
        return Batch(
            topic=topic,
            topic_id=self._topic_id,
            partition=partition,
            first_offset=chunk.first_offset,
            last_offset=chunk.last_offset,
            entries=entries,
        )

    async def _admitted(self, batch: Batch[T]) -> Batch[T]:
        admit = self._subscription.admit
        return await _patiently(lambda: admit(batch)) if admit else batch

    def _entry(self, record: Record) -> Entry[T]:
        try:
            return Entry(record, self._subscription.decode(record))
        except Rejected as reason:
            return Entry(record, reason)

    async def _commit(self, batch: Batch[T]) -> list[Batch[T]]:
        """Settle what can be settled; return the single records that could not."""
        try:
            await self._settle(batch)
        except (TransientError, PublishingError):
            raise  # no event's fault
        except Exception as error:  # noqa: BLE001  (whatever one record's data has caused)
            if len(batch.entries) == 1:
                return [without(batch, error)]
            halves = _halves(batch)
            return [suspect for half in halves for suspect in await self._commit(half)]
        return []

    async def _settle(self, batch: Batch[T]) -> None:
        committed = await _patiently(partial(self._gathering.commit, batch))
        now = datetime.now(UTC)
        letters = [
            dead_letter(self._group, self._topic_id, record, reason, at=now)
            for record, reason in committed.rejected
        ]
        await _patiently(partial(self._producer.send_all, [*committed.outgoing, *letters]))


def _halves(batch: Batch[T]) -> tuple[Batch[T], Batch[T]]:
    middle = len(batch.entries) // 2
    cut = batch.entries[middle].record.offset
    return (
        replace(batch, last_offset=cut - 1, entries=batch.entries[:middle]),
        replace(batch, first_offset=cut, entries=batch.entries[middle:]),
    )


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat `attempt` while a server is away, with growing pauses, up to PATIENCE_S."""
    pause = _FIRST_PAUSE_S
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            return await attempt()
        except TransientError as error:
            if asyncio.get_running_loop().time() + pause > deadline:
                raise
            log.warning("waits for a server", error=str(error), pause_s=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


class Lanes:
    """Partitions side by side, the chunks of each in order."""

    def __init__(self) -> None:
        self._last: dict[TP, asyncio.Task[None]] = {}

    def submit(self, lane: TP, job: Callable[[], Awaitable[None]]) -> None:
        """Run `job` once the lane's earlier ones are done. A job that fails stops the worker."""
        task = asyncio.create_task(self._run(self._last.get(lane), job))
        self._last[lane] = task

    async def _run(
        self, earlier: asyncio.Task[None] | None, job: Callable[[], Awaitable[None]]
    ) -> None:
        if earlier is not None:
            await earlier
        try:
            await job()
        except Exception:
            log.critical("the worker stops: the batch will come again", exc_info=True)
            os._exit(EXIT_FAULT)


class _Tables(TableManager):
    async def on_start(self) -> None:
        """Start at once: Faust gives tables a second to be declared, and there are none."""
        await self._update_channels()
        await self.recovery.start()


class _App(faust.App):
    def _create_directories(self) -> None:
        """Make none: there are no tables to keep."""


def build_app(consumer: Consumer, settings: Settings) -> faust.App:
    """Return a Faust app without agents: a consumer group whose commits are in our hands."""
    return _App(
        settings.topic_prefix + consumer.group,
        broker=[f"batch://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        # A worker that was killed comes back as itself, without a rebalance.
        consumer_group_instance_id=f"{settings.topic_prefix}{consumer.group}-{settings.slot}",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        # So long a worker that went for good (scaled down) keeps its partitions from the others.
        broker_session_timeout=15.0,
        # What was finished since the last commit is done over again after a crash.
        broker_commit_interval=0.25,
        broker_max_poll_records=4 * CHUNK_RECORDS,
        stream_buffer_maxsize=64,  # chunks, not events
        stream_wait_empty=True,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        TableManager=_Tables,
    )


def subscribe(app: faust.App, topic: str, handler: BatchHandler[Any], lanes: Lanes) -> None:
    """Let `handler` take the chunks of `topic`, and acknowledge each when it is done."""
    channel = app.topic(
        topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    async def take(stream: StreamT[Any]) -> None:
        # With acks on, Faust acknowledges in a `finally`, also what has failed.
        async for event in cast(Stream[Any], stream).noack().events():
            lanes.submit(event.message.tp, partial(handle_then_acknowledge, app, handler, event))

    app.agent(channel, name=f"{topic} batches")(take)


async def handle_then_acknowledge(
    app: faust.App, handler: BatchHandler[Any], event: EventT[Any]
) -> None:
    """Bring the event's chunk to its end; only then may its offsets be committed."""
    consumer = cast(ChunkConsumer, app.consumer)
    if not consumer.is_stale(event.message.generation_id):
        chunk = cast(Chunk, event.message.value)
        await handler.handle(chunk)
        consumer.finish(chunk)
    event.ack()


def run(consumer: Consumer) -> NoReturn:
    """Run the worker until it is told to stop (exit 0) or can't go on (exit 70).

    Its settings come from the environment; one that can't be used is one line, and exit 1.
    """
    try:
        settings = from_environment()
    except SettingsError as error:
        sys.exit(f"closedloop: {error}")
    configure(settings.log_format, process=f"{consumer.group}-{settings.slot}")
    uvloop.install()
    try:
        asyncio.run(_serve(consumer, settings))
    except ClosedLoopError as error:
        log.critical("the worker stops", error=str(error))
        raise SystemExit(EXIT_FAULT) from error
    raise SystemExit(0)


async def _serve(consumer: Consumer, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix) as producer,
        consumer.open(settings) as subscriptions,
    ):
        app = build_app(consumer, settings)
        lanes = Lanes()
        names = [settings.topic_prefix + subscription.topic for subscription in subscriptions]
        ids = await asyncio.to_thread(topic_ids, settings.kafka_bootstrap_servers, names)
        for name, subscription in zip(names, subscriptions, strict=True):
            handler = BatchHandler(consumer.group, subscription, ids[name], producer)
            subscribe(app, name, handler, lanes)
        await _run_until(app, stop)


def _spare_the_collector() -> None:
    """Keep the garbage collector from walking the modules and each batch's events over again.

    A batch makes some ten thousand objects without cycles, which reference counts free.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()


async def _run_until(app: faust.App, stop: asyncio.Event) -> None:
    await app.start()
    _spare_the_collector()
    log.info("ready")
    await asyncio.wait(
        [asyncio.create_task(stop.wait()), asyncio.create_task(app.wait_until_stopped())],
        return_when=asyncio.FIRST_COMPLETED,
    )
    if app.crashed:
        log.critical("the worker stops: Kafka", exc_info=app.crash_reason)
        os._exit(EXIT_FAULT)
    await app.stop()
    log.info("stopped")
