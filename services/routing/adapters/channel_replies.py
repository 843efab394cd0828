"""Replies by channels in PostgreSQL: added with their contact and the message to their webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.adapters.deliveries import enqueue
from services.routing.domain.channel_messages import (
    ChannelMessage,
    ChannelReply,
    ChannelReplyState,
)
from services.routing.domain.channel_ports import ChannelReplies, Waiting
from services.routing.domain.reply_requests import delivery_of
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "channel_replies.sql")
#: So many that wait are given to their webhooks at a time.
AT_A_TIME = 100


async def insert(connection: Connection, reply: ChannelReply) -> None:
    """Add a reply; where its webhook carries replies, have it delivered."""
    message = reply.message
    await connection.execute(
        QUERIES["insert_channel_reply"],
        reply.reply_id,
        reply.tenant,
        reply.followup_id,
        reply.version,
        reply.customer_id,
        message.channel,
        message.channel_name,
        message.webhook_id,
        message.language,
        message.recipient,
        message.body,
        message.written,
        reply.by,
        reply.created_at,
    )
    await _deliver(connection, [reply], reply.created_at)


async def _deliver(
    connection: Connection, replies: Sequence[ChannelReply], now: datetime
) -> list[ChannelReply]:
    """Have those delivered whose webhook is there and carries replies; return them."""
    rows = await connection.fetch(
        QUERIES["lock_carriers"],
        [one.tenant for one in replies],
        [one.message.webhook_id for one in replies],
    )
    carriers = {row["webhook_id"] for row in rows}
    given = [one for one in replies if one.message.webhook_id in carriers]
    await enqueue(connection, [delivery_of(one) for one in given], now)
    return given


@dataclass(frozen=True, slots=True)
class PostgresChannelReplies:
    """One tenant's replies, in a transaction under row-level security."""

    connection: Connection

    async def of_followup(self, followup_id: UUID) -> Sequence[ChannelReply]:
        """Return the replies of one follow-up, oldest first."""
        rows = await self.connection.fetch(QUERIES["channel_replies"], followup_id)
        return [_reply_of(row) for row in rows]

    async def find_for_update(self, reply_id: UUID) -> ChannelReply | None:
        """Return a reply, locked until the transaction ends; None when there is none."""
        row = await self.connection.fetchrow(QUERIES["channel_reply_for_update"], reply_id)
        return _reply_of(row) if row else None

    async def settle(self, reply: ChannelReply) -> None:
        """Keep what was reported of it."""
        await self.connection.execute(
            QUERIES["settle_reported"],
            reply.reply_id,
            reply.state.value,
            reply.fault or None,
            reply.reported_at,
        )


@dataclass(frozen=True, slots=True)
class PostgresWaiting:
    """Replies of all tenants that no webhook has, in the transaction of `connection`."""

    connection: Connection

    async def give(self, carriers: Sequence[tuple[str, str, UUID]], now: datetime) -> int:
        """Give some of them to the webhooks that carry their channels now; return how many."""
        columns = [list(column) for column in zip(*carriers, strict=True)]
        rows = await self.connection.fetch(QUERIES["waiting_channel_replies"], *columns, AT_A_TIME)
        waiting = [_given_to(_reply_of(row), row["carrier"]) for row in rows]
        given = await _deliver(self.connection, waiting, now) if waiting else []
        await self.connection.execute(
            QUERIES["give_to_carriers"],
            [one.reply_id for one in given],
            [one.message.webhook_id for one in given],
        )
        return len(given)


def _given_to(reply: ChannelReply, carrier: UUID) -> ChannelReply:
    return replace(reply, message=replace(reply.message, webhook_id=carrier))


@dataclass(frozen=True, slots=True)
class PostgresChannelTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api, the clock's as the worker."""

    pool: Pool

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[ChannelReplies]:
        """Open a transaction that sees the replies of `tenant` and no others."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresChannelReplies(connection)

    @asynccontextmanager
    async def of_waiting(self) -> AsyncIterator[Waiting]:
        """Open a transaction that sees every tenant."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresWaiting(connection)


def _reply_of(row: asyncpg.Record) -> ChannelReply:
    return ChannelReply(
        reply_id=row["reply_id"],
        tenant=row["tenant"],
        followup_id=row["followup_id"],
        version=row["version"],
        customer_id=row["customer_id"],
        message=ChannelMessage(
            channel=row["channel"],
            channel_name=row["channel_name"],
            webhook_id=row["webhook_id"],
            language=row["language"],
            recipient=row["recipient"],
            body=row["body"],
            written=row["written"],
        ),
        by=row["by"],
        created_at=row["created_at"],
        state=ChannelReplyState(row["state"]),
        settled_at=row["settled_at"],
        reported_at=row["reported_at"],
        fault=row["fault"] or row.get("last_fault") or "",
        is_given=row.get("is_given", False),
        is_held=row.get("is_held", False),
    )
