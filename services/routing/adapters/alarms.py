"""What waits for the clock, in PostgreSQL: a method for each query. None of them commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import asyncpg

from services.routing.adapters import alerts as mails_to_staff
from services.routing.adapters.postgres import QUERIES as FOLLOWUP_QUERIES
from services.routing.adapters.postgres import SCHEMA, record_changes
from services.routing.adapters.rows import (
    clock_columns_of,
    followup_of,
    told_columns_of,
    told_of,
)
from services.routing.domain.alarms import Alarms, Late, Telling
from services.routing.domain.alerts import Alert
from services.routing.domain.contacts import CONTACTED
from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import RecordedChange
from services.routing.domain.sla import StateChange, states_entered
from shared.contracts.events import FollowUpState
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "alarms.sql")
#: Tells of every change of a follow-up.
CHANNEL = "routing_followup"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PostgresAlarms:
    """Follow-ups of all tenants that wait for the clock, in the transaction of `connection`."""

    connection: Connection

    async def due(self, tenants: Sequence[str], now: datetime, limit: int) -> Sequence[Late]:
        """Return some whose alarm has come, the longest due first, and lock them."""
        rows = await self.connection.fetch(QUERIES["due"], tenants, now, limit)
        return await self._late([followup_of(row) for row in rows])

    async def timed_otherwise(self, versions: Mapping[str, int], limit: int) -> Sequence[Late]:
        """Return some open ones not timed by their tenant's program version, and lock them."""
        rows = await self.connection.fetch(
            QUERIES["timed_otherwise"], list(versions), list(versions.values()), limit
        )
        return await self._late([followup_of(row) for row in rows])

    async def write(
        self, followups: Sequence[FollowUp], rows: Sequence[RecordedChange], told: Sequence[Telling]
    ) -> None:
        """Write follow-ups as they stand, their histories and who was told."""
        columns = zip(*map(clock_columns_of, followups), strict=True)
        await self.connection.execute(QUERIES["update_clocks"], *map(list, columns))
        if rows:
            await record_changes(self.connection, rows)
        if told:
            columns = zip(*starmap(told_columns_of, told), strict=True)
            await self.connection.execute(QUERIES["insert_escalations"], *map(list, columns))

    async def alert(self, alerts: Sequence[Alert]) -> None:
        """Have somebody told by mail, too, when the transaction has ended well."""
        await mails_to_staff.insert(self.connection, alerts)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Put `messages` into the outbox: they are published when the transaction has ended."""
        await enqueue(self.connection, SCHEMA, messages)

    async def _late(self, followups: Sequence[FollowUp]) -> list[Late]:
        if not followups:
            return []
        ids = [one.followup_id for one in followups]
        since = min(one.opened_at for one in followups)
        states = _by_followup(
            await self.connection.fetch(QUERIES["states"], ids, since), _state_change_of
        )
        told: Mapping[UUID, list[Told]] = _by_followup(
            await self.connection.fetch(FOLLOWUP_QUERIES["escalations"], ids), told_of
        )
        return [
            Late(
                followup=one,
                history=states_entered(states[one.followup_id]),
                told=told[one.followup_id],
            )
            for one in followups
        ]


@dataclass(frozen=True, slots=True)
class PostgresAlarmTransactions:
    """Opens transactions; the pool runs as closedloop_routing, which sees all tenants."""

    pool: Pool

    @asynccontextmanager
    async def of_alarms(self) -> AsyncIterator[Alarms]:
        """Open a transaction that sees every tenant."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresAlarms(connection)

    async def next_alarm_at(self, tenants: Sequence[str]) -> datetime | None:
        """Return when the next alarm comes, which may be past; None when there is none."""
        found: datetime | None = await self.pool.fetchval(QUERIES["next_alarm_at"], tenants)
        return found

    @asynccontextmanager
    async def woken(self, wake: Callable[..., None]) -> AsyncIterator[Callable[[], bool]]:
        """Have `wake` called whenever a follow-up changes; give what tells that this works."""
        async with self.pool.acquire() as connection:
            await connection.add_listener(CHANNEL, wake)
            try:
                yield lambda: not connection.is_closed()
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, wake)


def _state_change_of(row: asyncpg.Record) -> StateChange:
    return StateChange(
        state=FollowUpState(row["state"]),
        at=row["changed_at"],
        is_contact=row["change"] == CONTACTED,
    )


def _by_followup(
    rows: Sequence[asyncpg.Record], value_of: Callable[[asyncpg.Record], T]
) -> Mapping[UUID, list[T]]:
    found: defaultdict[UUID, list[T]] = defaultdict(list)
    for row in rows:
        found[row["followup_id"]].append(value_of(row))
    return found
