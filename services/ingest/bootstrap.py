"""Where ingest meets PostgreSQL and Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.ingest.adapters.kafka import RenewingProducer
from services.ingest.adapters.keyring import Keyring
from services.ingest.adapters.publishers import PostgresPublishers
from services.ingest.domain.ports import Publish, Publishers
from shared.kafka.producer import Producer
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings

_MANAGING_ROLE = "closedloop_ingest"
_API_ROLE = "closedloop_ingest_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the routes work with."""

    pool: Pool
    keyring: Keyring
    publish: Publish


@asynccontextmanager
async def open_intake(settings: Settings) -> AsyncIterator[Intake]:
    """Open the pool and the producer for as long as the API runs.

    Raises TransientError or SettingsError when PostgreSQL does not let it in.
    """
    pool = await create_pool(settings.database_url, role=_API_ROLE)
    producer = RenewingProducer(
        lambda: Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix)
    )
    async with pool:
        try:
            yield Intake(pool=pool, keyring=Keyring(pool), publish=producer.send_all)
        finally:
            await producer.close()


@asynccontextmanager
async def open_publishers(settings: Settings) -> AsyncIterator[Publishers]:
    """Open what manages publishers, for a command.

    Raises TransientError or SettingsError when PostgreSQL does not let it in.
    """
    pool = await create_pool(settings.database_url, role=_MANAGING_ROLE, max_size=1)
    async with pool:
        yield PostgresPublishers(pool)
