from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from shared.contracts.codec import encode, key_of, parser
from shared.contracts.events import FeedbackScored, FeedbackSubmitted
from shared.contracts.records import Outgoing
from shared.ids import feedback_id
from shared.kafka.producer import Producer
from shared.program.store import ACTIVATING_ROLE, open_programs
from shared.settings import Settings
from tests.support.waiting import until
from tests.unit.program.samples import document
from tests.unit.scoring.events import event

pytestmark = pytest.mark.own_topics

EVENTS = 600
#: Kafka's number for "the broker wrote the time".
LOG_APPEND_TIME = 1
LOST_AND_FOUND = 60.0


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m services.scoring` while the block runs."""
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "CLOSEDLOOP_TOPIC_PREFIX": settings.topic_prefix,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.scoring", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def publish(settings: Settings, events: Sequence[FeedbackSubmitted]) -> None:
    producer = Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix)
    await producer.send_all(
        [
            Outgoing(
                topic="feedback.submitted.v1",
                key=key_of(one.tenant, one.data.customer_id),
                value=encode(one),
            )
            for one in events
        ]
    )
    await producer.close()


def everything_on(settings: Settings, topic: str) -> list[ConsumerRecord]:
    """Return every record that lies on a topic now, read by an independent client."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False
    )
    name = settings.topic_prefix + topic
    partitions = [TopicPartition(name, n) for n in consumer.partitions_for_topic(name) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    found: list[ConsumerRecord] = []
    while any(consumer.position(each) < ends[each] for each in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            found.extend(records)
    consumer.close()
    return found


def _check_moments(settings: Settings, scored: Sequence[ConsumerRecord]) -> None:
    """Check that each event was received when the broker took in the first record of it."""
    moments: dict[UUID, int] = {}
    for record in everything_on(settings, "feedback.submitted.v1"):
        assert record.timestamp_type == LOG_APPEND_TIME
        told = parser(FeedbackSubmitted)(record.value)
        moments.setdefault(feedback_id(told.tenant, told.source, told.id), record.timestamp)
    for record in scored:
        judged = parser(FeedbackScored)(record.value).data
        assert round(judged.received_at.timestamp() * 1000) == moments[judged.feedback_id]


async def test_a_worker_scores_each_event_once_and_refuses_strangers(settings: Settings) -> None:
    events = [event(event_id=str(n), customer_id=f"c-{n % 50}") for n in range(EVENTS)]
    strangers = [event(event_id=f"s{n}", tenant="stranger") for n in range(5)]
    url = settings.database_url
    async with open_programs(url, role=ACTIVATING_ROLE) as programs:
        await programs.activate(document(), who="ann", why="to try it")
    connection = await asyncpg.connect(url)
    await publish(settings, events + events[:100] + strangers)

    async def settled() -> bool:
        query = "SELECT sum(handled + duplicates + dead_letters) FROM ledger.batch"
        done = await connection.fetchval(query)
        return bool(done == EVENTS + 100 + 5)

    async with worker(settings) as process:
        await until(settled, within_s=LOST_AND_FOUND)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    row = await connection.fetchrow(
        "SELECT sum(handled) AS handled, sum(duplicates) AS duplicates,"
        " sum(dead_letters) AS dead_letters FROM ledger.batch"
    )
    assert row is not None
    assert dict(row) == {"handled": EVENTS, "duplicates": 100, "dead_letters": 5}
    assert await connection.fetchval("SELECT count(*) FROM scoring.feedback") == EVENTS
    await connection.close()

    scored = await asyncio.to_thread(everything_on, settings, "feedback.scored.v1")
    assert len({record.value for record in scored}) == EVENTS
    assert len(scored) >= EVENTS
    for record in scored:
        told = parser(FeedbackScored)(record.value)
        assert record.key == key_of("acme", told.data.feedback.customer_id)
    await asyncio.to_thread(_check_moments, settings, scored)
    letters = await asyncio.to_thread(everything_on, settings, "scoring.dead-letter.v1")
    assert {record.value for record in letters} == {encode(one) for one in strangers}
    assert {dict(record.headers)["ce_reasoncode"] for record in letters} == {b"unknown_tenant"}
