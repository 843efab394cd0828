"""Deliveries in PostgreSQL: added with the changes they tell of, taken and settled one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from uuid import UUID

import asyncpg

from services.routing.domain.deliveries import (
    Attempt,
    Change,
    Listener,
    NewDelivery,
    Setback,
    deliveries_of,
)
from services.routing.domain.ports import RecordedChange
from services.routing.domain.signing import Keys
from services.routing.domain.webhook_ports import Claim
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "deliveries.sql")
CHANNEL = "routing_deliveries"
#: How many deliveries that are due are looked at for each endpoint at a time.
WINDOW = 500

_values_of = attrgetter(*(part.name for part in fields(NewDelivery)))


async def enqueue_changes(connection: Connection, changes: Sequence[RecordedChange]) -> None:
    """Add a delivery for each endpoint that wants to hear of `changes`, in their transaction.

    One question when their tenants have no endpoint, and one statement more when they have.
    """
    tenants = sorted({row.followup.tenant for row in changes})
    rows = await connection.fetch(QUERIES["lock_endpoints"], tenants)
    listeners = [
        Listener(webhook_id=row["webhook_id"], tenant=row["tenant"], events=row["events"])
        for row in rows
        if row["is_enabled"]
    ]
    if listeners:
        found = deliveries_of(map(_change_of, changes), listeners)
        due_at = max(row.followup.changed_at for row in changes)
        await enqueue(connection, found, due_at)


async def enqueue(
    connection: Connection, deliveries: Sequence[NewDelivery], due_at: datetime
) -> None:
    """Add deliveries that are due at `due_at`; those that are known already are passed over."""
    if deliveries:
        await connection.execute(QUERIES["enqueue"], *columns_of(deliveries, due_at))


def columns_of(deliveries: Sequence[NewDelivery], due_at: datetime) -> list[list[object]]:
    """Return the columns of new deliveries, in the order of the statements."""
    columns = [list(column) for column in zip(*map(_values_of, deliveries), strict=True)]
    return [*columns, [due_at] * len(deliveries)]


@dataclass(frozen=True, slots=True)
class PostgresDeliveries:
    """What waits, for the notifier: its pool runs as closedloop_routing, which sees all tenants."""

    pool: Pool

    async def claim(
        self,
        now: datetime,
        until: datetime,
        *,
        under_way: Mapping[UUID, int],
        per_endpoint: int,
        room: int,
    ) -> list[Claim]:
        """Take due deliveries, fairly among endpoints, for the caller alone `until` then."""
        rows = await self.pool.fetch(
            QUERIES["claim"],
            now,
            per_endpoint,
            room,
            until,
            list(under_way.keys()),
            list(under_way.values()),
            WINDOW,
        )
        return [_claim_of(row) for row in rows]

    async def postpone_blocked(self, now: datetime, until: datetime) -> int:
        """Put off to `until` what waits for an earlier delivery of its lane; return how many.

        Until the earlier one is delivered, if that is before. A part at a time: call it again
        as long as there are any.
        """
        postponed: int = await self.pool.fetchval(QUERIES["postpone_blocked"], now, until, WINDOW)
        return postponed

    async def settle_delivered(self, claim: Claim, attempt: Attempt, now: datetime) -> None:
        """Note that the endpoint has taken the message."""
        await self.pool.execute(QUERIES["settle_delivered"], claim.delivery_id, now, attempt.status)

    async def settle_failed(
        self, claim: Claim, attempt: Attempt, setback: Setback, now: datetime
    ) -> bool:
        """Note what went wrong and what follows; tell whether the endpoint was disabled."""
        disabled: bool | None = await self.pool.fetchval(
            QUERIES["settle_failed"],
            claim.delivery_id,
            now,
            attempt.status,
            attempt.fault,
            setback.due_at,
            setback.hopeless_since,
            setback.reason,
        )
        return disabled is True

    async def forget(self, delivered_before: datetime, failed_before: datetime) -> None:
        """Delete a part of what was settled before."""
        await self.pool.execute(QUERIES["forget_settled"], delivered_before, failed_before)

    @asynccontextmanager
    async def woken(self, wake: Callable[..., None]) -> AsyncIterator[Callable[[], bool]]:
        """Have `wake` called whenever something is added; give what tells that this still works."""
        async with woken_by(self.pool, CHANNEL, wake) as is_listening:
            yield is_listening


@asynccontextmanager
async def woken_by(
    pool: Pool, channel: str, wake: Callable[..., None]
) -> AsyncIterator[Callable[[], bool]]:
    """Have `wake` called at each notification of `channel`; give what tells that this works."""
    async with pool.acquire() as connection:
        await connection.add_listener(channel, wake)
        try:
            yield lambda: not connection.is_closed()
        finally:
            if not connection.is_closed():
                await connection.remove_listener(channel, wake)


def keys_of(row: asyncpg.Record) -> Keys:
    """Return the keys that an endpoint's row holds."""
    return Keys(
        salt=row["salt"],
        mark=row["mark"],
        previous_salt=row["previous_salt"],
        previous_until=row["previous_until"],
    )


def _claim_of(row: asyncpg.Record) -> Claim:
    return Claim(
        delivery_id=row["delivery_id"],
        webhook_id=row["webhook_id"],
        message_id=row["message_id"],
        body=row["body"],
        attempts=row["attempts"],
        url=row["url"],
        keys=keys_of(row),
    )


def _change_of(row: RecordedChange) -> Change:
    followup = row.followup
    return Change(
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        version=followup.version,
        change=row.change,
        state=followup.state.value,
        message=row.message,
    )
