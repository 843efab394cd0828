"""Publishers in PostgreSQL: a function for each query."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.ingest.domain.ports import PublisherWork
from services.ingest.domain.publisher import ListedPublisher, Publisher
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

_QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "publishers.sql")


@dataclass(frozen=True, slots=True)
class PostgresPublishers:
    """The port Publishers. The pool's role is closedloop_ingest."""

    pool: Pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PublisherWork]:
        """Commit at the end, roll back when an error leaves it."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresPublisherWork(connection)


@dataclass(frozen=True, slots=True)
class PostgresPublisherWork:
    """The port PublisherWork."""

    connection: Connection

    async def add(self, tenant: str, name: str, key_hash: bytes) -> bool:
        """Add a publisher; False when the tenant has one of this name whose key works."""
        query = _QUERIES["insert_publisher"]
        return await self.connection.fetchval(query, tenant, name, key_hash) is not None

    async def revoke(self, tenant: str, name: str) -> bool:
        """Revoke the publisher's key; False when it has none that works."""
        query = _QUERIES["revoke_publisher"]
        return await self.connection.fetchval(query, tenant, name) is not None

    async def of_tenant(self, tenant: str | None) -> Sequence[ListedPublisher]:
        """Return the publishers of a tenant, or of all, those with revoked keys too."""
        rows = await self.connection.fetch(_QUERIES["list_publishers"], tenant)
        return [ListedPublisher(**row) for row in rows]


async def publisher_of_key(pool: Pool, key_hash: bytes) -> Publisher | None:
    """Return whose key it is; None for one that is unknown or revoked."""
    row = await pool.fetchrow(_QUERIES["publisher_of_key"], key_hash)
    return Publisher(**row) if row else None
