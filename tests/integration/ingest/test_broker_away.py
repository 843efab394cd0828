"""When Kafka or PostgreSQL is away, publishers are told to come again."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from services.ingest import handlers
from services.ingest.adapters.kafka import RenewingProducer
from services.ingest.app import create_app
from services.ingest.routes.events import BATCH, STRUCTURED
from shared.contracts.records import Outgoing
from shared.kafka.producer import Producer, PublishingError
from shared.settings import Settings
from tests.integration.ingest.test_events_api import EVENT, EXAMPLE, post

pytestmark = pytest.mark.own_topics


@asynccontextmanager
async def _client(settings: Settings, key: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://ingest.test",
            headers={"Authorization": f"Bearer {key}"},
        ) as client:
            yield client


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_without_kafka_the_answer_is_503_with_the_time_to_come_again(
    settings: Settings, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "ACKNOWLEDGED_WITHIN_S", 0.2)
    monkeypatch.setattr("shared.kafka.producer.DELIVERY_TIMEOUT_S", 1)
    nowhere = settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{_unused_port()}"})
    batch = json.dumps([EVENT, {}]).encode()
    async with _client(nowhere, key) as client:
        for content, content_type in ((EXAMPLE, STRUCTURED), (batch, BATCH)):
            answer = await post(client, content, content_type)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "accepted" not in answer.json()


async def test_without_postgresql_an_unknown_key_is_not_called_wrong(
    settings: Settings, key: str
) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await app.state.intake.pool.close()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest.test") as client:
            answer = await post(client, EXAMPLE, Authorization=f"Bearer {key}")
            ready = await client.get("/readyz")
    assert (answer.status_code, ready.status_code) == (503, 503)


async def test_a_producer_that_can_not_go_on_is_replaced(settings: Settings) -> None:
    made: list[Producer] = []

    def make() -> Producer:
        made.append(Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix))
        return made[-1]

    producer = RenewingProducer(make)
    too_large = Outgoing(topic="feedback.submitted.v1", key=b"k", value=os.urandom(2_000_000))
    with pytest.raises(PublishingError):
        await producer.send_all([too_large])
    await producer.send_all([Outgoing(topic="feedback.submitted.v1", key=b"k", value=EXAMPLE)])
    assert len(made) == 2
    await producer.close()
