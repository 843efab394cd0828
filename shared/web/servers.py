"""What an app holds open whose requests change things: database, programs, the outbox's relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.kafka.producer import Producer
from shared.postgres.outbox import Relay
from shared.postgres.pool import Pool, create_pool
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The pool and the programs that requests work with, under the API's role."""

    pool: Pool
    programs: ProgramStore


@asynccontextmanager
async def open_servers(
    settings: Settings, *, schema: str, role: str, relay_role: str
) -> AsyncIterator[Servers]:
    """Open what requests need, and publish what they leave in the outbox of `schema`.

    All of it is closed again in the reverse order, whatever fails: first the relay, which needs
    the rest. Raises TransientError or SettingsError when PostgreSQL does not let it in.
    """
    url = settings.database_url
    async with (
        await create_pool(url, role=role) as pool,
        await create_pool(url, role=relay_role, max_size=2) as relay_pool,
        open_programs(url, role=role) as programs,
        Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix) as producer,
        Relay(relay_pool, schema, publish=producer.send_all),
    ):
        yield Servers(pool=pool, programs=programs)
