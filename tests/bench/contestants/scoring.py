"""Three ways to score a topic without losing an event: the engine, stock Faust, by hand.

All three decode with the same codec, run the same handler with the same SQL in one transaction
a batch, publish through the same producer, wait for its acknowledgement and let the consumer's
offsets be committed after that, each second. Only the engine enters a ledger besides.

None of them reads the texts, which takes each the same time. The `reader` is the engine that does.

`python -m tests.bench.contestants.scoring engine|reader|faust|by_hand` works until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiokafka
import faust
import uvloop

from services.scoring import handlers
from services.scoring.bootstrap import TOPIC, ScoreEffects
from services.scoring.domain.analysis import NOTHING_READ, Analysis, Judges
from services.scoring.domain.received import receiver
from services.scoring.worker import CONSUMER
from shared.contracts.codec import decoder
from shared.contracts.events import Feedback, FeedbackSubmitted
from shared.contracts.records import Record
from shared.kafka.producer import Producer
from shared.kafka.worker import run
from shared.postgres.pool import Pool, create_pool
from shared.program.store import open_programs
from shared.settings import Settings

ROLE = "closedloop_scoring"
BATCH = 500


@dataclass
class Batches:
    """Handles a batch as the engine does: decode, one transaction, publish, await."""

    pool: Pool
    effects: ScoreEffects
    producer: Producer

    async def handle(self, values: Sequence[bytes]) -> None:
        """Bring a batch to its end."""
        receive = receiver(decoder(FeedbackSubmitted))
        events = [
            receive(Record(topic=TOPIC, partition=0, offset=0, key=None, value=value))
            for value in values
        ]
        async with self.pool.acquire() as connection, connection.transaction():
            outcomes = await self.effects(connection, events)
        await self.producer.send_all([m for o in outcomes for m in o.outgoing])


async def _batches(stack: AsyncExitStack, settings: Settings) -> Batches:
    pool = await stack.enter_async_context(await create_pool(settings.database_url, role=ROLE))
    programs = await stack.enter_async_context(open_programs(settings.database_url, role=ROLE))
    producer = Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix)
    return Batches(pool, ScoreEffects.by(programs), producer)


async def stock_faust(settings: Settings) -> None:
    """Faust as it comes; events are gathered to batches and acknowledged when those are done."""
    app = faust.App(
        settings.topic_prefix + "stock",
        broker=f"kafka://{settings.kafka_bootstrap_servers}",
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        stream_wait_empty=True,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=tempfile.gettempdir(),
    )
    topic = app.topic(settings.topic_prefix + TOPIC, value_type=bytes, value_serializer="raw")
    async with AsyncExitStack() as stack:
        batches = await _batches(stack, settings)

        app.agent(topic)(_acknowledging(batches))
        await app.start()
        await app.wait_until_stopped()


def _acknowledging(batches: Batches) -> Any:  # noqa: ANN401  (a Faust agent)
    async def take(stream: Any) -> None:  # noqa: ANN401  (Faust's own)
        pending: list[Any] = []
        async for event in stream.noack().events():
            pending.append(event)
            if len(pending) == BATCH:
                await batches.handle([one.value for one in pending])
                for one in pending:
                    one.ack()
                pending = []

    return take


async def by_hand(settings: Settings) -> None:
    """The client library and asyncpg: what one would write without a framework."""
    consumer = aiokafka.AIOKafkaConsumer(
        settings.topic_prefix + TOPIC,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=settings.topic_prefix + "by-hand",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    async with AsyncExitStack() as stack:
        batches = await _batches(stack, settings)
        committed_at = time.monotonic()
        while True:
            for records in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values():
                await batches.handle([record.value for record in records])
            if time.monotonic() - committed_at >= 1.0:
                await consumer.commit()
                committed_at = time.monotonic()


def _leave_texts_unread() -> None:
    """Let scoring do without reading texts: what that takes is measured by itself."""

    def unread(said: Sequence[tuple[Feedback, Judges]]) -> list[Analysis]:
        return [NOTHING_READ] * len(said)

    vars(handlers)["analyze_all"] = unread


if __name__ == "__main__":
    if sys.argv[1] != "reader":
        _leave_texts_unread()
    if sys.argv[1] in {"engine", "reader"}:
        run(CONSUMER)
    uvloop.install()
    asyncio.run({"faust": stock_faust, "by_hand": by_hand}[sys.argv[1]](Settings()))
