"""Webhook endpoints in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import asyncpg

from services.routing.adapters.deliveries import QUERIES, columns_of, keys_of
from services.routing.adapters.postgres import PostgresFollowUps
from services.routing.domain.deliveries import Change, Listener, deliveries_of
from services.routing.domain.ports import Answer, KeptAnswer
from services.routing.domain.webhook_ports import Webhooks
from services.routing.domain.webhooks import DeliveryState, Endpoint, Health, Queue
from shared.postgres.pool import Connection, Pool
from shared.postgres.tenancy import tenant_transaction

_HEALTH = [part.name for part in fields(Health)]
_DELIVERY = [part.name for part in fields(DeliveryState)]
_CHANGES_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class PostgresWebhooks:
    """One tenant's endpoints, in a transaction under row-level security."""

    connection: Connection

    async def add(self, endpoint: Endpoint) -> None:
        """Keep a new endpoint."""
        await self.connection.execute(QUERIES["insert_endpoint"], *_columns_of(endpoint))

    async def update(self, endpoint: Endpoint) -> None:
        """Write what has changed about an endpoint."""
        await self.connection.execute(QUERIES["update_endpoint"], *_columns_of(endpoint))

    async def delete(self, webhook_id: UUID) -> None:
        """Forget an endpoint and everything that was to be delivered to it."""
        await self.connection.execute(QUERIES["delete_endpoint"], webhook_id)

    async def count(self) -> int:
        """Return how many endpoints there are."""
        count: int = await self.connection.fetchval(QUERIES["count_endpoints"])
        return count

    async def find(self, webhook_id: UUID, *, for_update: bool = False) -> Endpoint | None:
        """Return an endpoint, locked until the transaction ends when it is to be changed."""
        query = "endpoint_for_update" if for_update else "endpoint"
        row = await self.connection.fetchrow(QUERIES[query], webhook_id)
        return _endpoint_of(row) if row else None

    async def page(self, after: tuple[datetime, UUID] | None, limit: int) -> list[Endpoint]:
        """Return up to `limit` endpoints, oldest first, those behind the position `after`."""
        rows = await self.connection.fetch(
            QUERIES["list_endpoints"], *(after or (None, None)), limit
        )
        return [_endpoint_of(row) for row in rows]

    async def queues(self, webhook_ids: Sequence[UUID]) -> dict[UUID, Queue]:
        """Return what waits and what was given up, by endpoint."""
        rows = await self.connection.fetch(QUERIES["queues"], webhook_ids)
        return {
            row["webhook_id"]: Queue(pending=row["pending"], failed=row["failed"]) for row in rows
        }

    async def deliveries(
        self, webhook_id: UUID, state: str | None, after: UUID | None, limit: int
    ) -> list[DeliveryState]:
        """Return up to `limit` deliveries, newest first, those behind `after`."""
        rows = await self.connection.fetch(
            QUERIES["list_deliveries"], webhook_id, state, after, limit
        )
        return [DeliveryState(**{name: row[name] for name in _DELIVERY}) for row in rows]

    async def enqueue_one(
        self, webhook_id: UUID, message_id: UUID, event: str, body: str, now: datetime
    ) -> UUID:
        """Have one message of its own delivered; return the delivery's id."""
        delivery_id: UUID = await self.connection.fetchval(
            QUERIES["enqueue_one"], webhook_id, str(message_id), event, message_id, body, now
        )
        return delivery_id

    async def replay_one(self, webhook_id: UUID, delivery_id: UUID, now: datetime) -> bool:
        """Have a delivery made again; False when there is none, or it is under way."""
        queued: int = await self.connection.fetchval(
            QUERIES["replay_one"], webhook_id, delivery_id, now
        )
        return queued > 0

    async def replay_failed(self, webhook_id: UUID, now: datetime) -> int:
        """Have all that was given up tried again; return how many."""
        queued: int = await self.connection.fetchval(QUERIES["replay_failed"], webhook_id, now)
        return queued

    async def replay_since(
        self, listener: Listener, since: datetime, now: datetime, *, all_of_it: bool
    ) -> int:
        """Have all changes since a moment delivered that the listener wants; return how many.

        Read and written a part at a time: months of changes need not fit into memory.
        """
        queued, part = 0, []
        async for row in self.connection.cursor(
            QUERIES["changes_since"], since, prefetch=_CHANGES_AT_A_TIME
        ):
            part.append(_change_of(row, listener.tenant))
            if len(part) == _CHANGES_AT_A_TIME:
                queued += await self._enqueue_again(part, listener, now, all_of_it=all_of_it)
                part = []
        return queued + await self._enqueue_again(part, listener, now, all_of_it=all_of_it)

    async def _enqueue_again(
        self, changes: Sequence[Change], listener: Listener, now: datetime, *, all_of_it: bool
    ) -> int:
        found = deliveries_of(changes, [listener])
        if not found:
            return 0
        queued: int = await self.connection.fetchval(
            QUERIES["enqueue_again"], *columns_of(found, now), all_of_it
        )
        return queued

    async def revive_pending(self, webhook_id: UUID, now: datetime) -> None:
        """Have all that waits tried at once, with the whole schedule ahead."""
        await self.connection.execute(QUERIES["revive_pending"], webhook_id, now)

    async def claim_key(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Take `key` for this transaction; return the answer that is kept under a used one."""
        return await PostgresFollowUps(self.connection).claim_key(subject, key, fingerprint)

    async def keep_answer(self, subject: str, key: str, answer: Answer) -> None:
        """Keep `answer` under a key that this transaction has taken."""
        await PostgresFollowUps(self.connection).keep_answer(subject, key, answer)


@dataclass(frozen=True, slots=True)
class PostgresWebhookTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[Webhooks]:
        """Open a transaction that sees the endpoints of `tenant` and no others."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresWebhooks(connection)


def _columns_of(endpoint: Endpoint) -> tuple[object, ...]:
    keys = endpoint.keys
    return (
        endpoint.webhook_id,
        endpoint.tenant,
        endpoint.version,
        endpoint.url,
        list(endpoint.events),
        endpoint.description,
        keys.salt,
        keys.mark,
        keys.previous_salt,
        keys.previous_until,
        endpoint.created_at,
        endpoint.created_by,
        endpoint.changed_at,
        endpoint.disabled_at,
        endpoint.disabled_why,
        endpoint.gave_up,
    )


def _endpoint_of(row: asyncpg.Record) -> Endpoint:
    return Endpoint(
        webhook_id=row["webhook_id"],
        tenant=row["tenant"],
        version=row["version"],
        url=row["url"],
        events=tuple(row["events"]),
        description=row["description"],
        keys=keys_of(row),
        created_at=row["created_at"],
        created_by=row["created_by"],
        changed_at=row["changed_at"],
        disabled_at=row["disabled_at"],
        disabled_why=row["disabled_why"],
        gave_up=row["gave_up"],
        health=Health(**{name: row[name] for name in _HEALTH}),
    )


def _change_of(row: asyncpg.Record, tenant: str) -> Change:
    return Change(
        tenant=tenant,
        followup_id=row["followup_id"],
        version=row["version"],
        change=row["change"],
        state=row["state"],
        message=row["message"],
    )
