"""The worker as a process of its own: from the topics to an issue, and on to its topic."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from kafka import KafkaConsumer, TopicPartition

from shared.contracts.codec import encode, key_of
from shared.contracts.events import CloudEvent
from shared.contracts.records import Outgoing
from shared.kafka.producer import Producer
from shared.settings import Settings
from tests.contract.schemas import validate
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import activate_programs
from tests.support.waiting import until

pytestmark = pytest.mark.own_topics

READY_WITHIN_S = 60.0


@asynccontextmanager
async def running(settings: Settings, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m services.outer_loop` in `folder` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.outer_loop",
        cwd=folder,
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "CLOSEDLOOP_TOPIC_PREFIX": settings.topic_prefix,
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def on(topic: str, events: Sequence[CloudEvent[Any]]) -> list[Outgoing]:
    return [
        Outgoing(topic=topic, key=key_of(event.tenant, event.data.customer_id), value=encode(event))
        for event in events
    ]


def published(settings: Settings) -> list[bytes]:
    """Return everything on outer_loop.changed.v1, read by a client that is not ours."""
    topic = f"{settings.topic_prefix}outer_loop.changed.v1"
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers)
    try:
        found = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(found)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        wanted = sum(consumer.end_offsets(partitions).values())
        values: list[bytes] = []
        while len(values) < wanted:
            for records in consumer.poll(timeout_ms=500).values():
                values += [record.value for record in records]
        return values
    finally:
        consumer.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # kafka-python's own
async def test_what_is_on_the_topics_becomes_an_issue_once(
    settings: Settings, tmp_path: Path
) -> None:
    await activate_programs(settings.database_url)
    said, worked = story.history(3, feedback=300)
    strangers = [story.changed("stranger", tenant="nobody")]
    messages = on("followup.changed.v1", [*worked, *strangers, *worked[:50]])
    producer = Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix)
    connection = await asyncpg.connect(settings.database_url)
    scored_topic = [
        Outgoing(
            topic="feedback.scored.v1",
            key=key_of(event.tenant, event.data.feedback.customer_id),
            value=encode(event),
        )
        for event in said
    ]
    await producer.send_all([*messages, *scored_topic])

    async def all_accounted_for() -> bool:
        row = await connection.fetchrow(
            "SELECT sum(handled), sum(duplicates), sum(dead_letters) FROM ledger.batch"
            " WHERE consumer_group = 'outer_loop'"
        )
        return row is not None and tuple(row) == (len(said) + len(worked), 50, 1)

    async with running(settings, tmp_path):
        await until(all_accounted_for, within_s=READY_WITHIN_S)
    assert await connection.fetchval("SELECT count(*) FROM outer_loop.feedback_fact") == len(said)
    issues = await connection.fetch("SELECT issue_id::text FROM outer_loop.systemic_issue")
    assert len(issues) >= 1
    events = [validate("outer_loop.changed.v1", value) for value in published(settings)]
    assert {event["subject"] for event in events} == {row["issue_id"] for row in issues}
    await connection.close()
    await producer.close()
