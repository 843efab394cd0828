"""A publisher with a key, the API in this process, and an independent witness of the topic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing

import httpx
import pytest
from fastapi import FastAPI
from kafka import KafkaConsumer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import TopicPartition

from services.ingest.app import create_app
from services.ingest.bootstrap import open_publishers
from services.ingest.domain.intake import TOPIC
from services.ingest.handlers import add_publisher
from shared.settings import Settings

Witness = Callable[[], Sequence[ConsumerRecord]]


@pytest.fixture
def without_topics(database_url: str, kafka_bootstrap: str) -> Settings:
    """Give settings for what works on the database alone: making topics takes its time."""
    servers = {"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap}
    return Settings.model_validate(servers)


@pytest.fixture
async def key(settings: Settings) -> str:
    """Give the key of a publisher of the tenant demo."""
    async with open_publishers(settings) as publishers:
        return await add_publisher(publishers, "demo", "survey tool")


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the API, its pool and producer open."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(api: FastAPI, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that sends the publisher's key."""
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://ingest.test",
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    ) as client:
        yield client


@pytest.fixture
def witness(kafka_bootstrap: str, topic_prefix: str) -> Iterator[Witness]:
    """Give a function that reads all that lies on the topic, through another Kafka client."""
    with closing(
        KafkaConsumer(bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest")
    ) as it:
        yield lambda: _all_of(it, topic_prefix + TOPIC)


def _all_of(consumer: KafkaConsumer, topic: str) -> Sequence[ConsumerRecord]:
    partitions = [TopicPartition(topic, part) for part in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    left = consumer.end_offsets(partitions)
    found: list[ConsumerRecord] = []
    while any(consumer.position(partition) < left[partition] for partition in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            found.extend(records)
    return found
