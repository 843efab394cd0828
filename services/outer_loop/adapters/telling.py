"""Communications in PostgreSQL: written and approved by people, followed by the worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.outer_loop.adapters.columns import columns
from services.outer_loop.adapters.plans import PostgresPlanWork
from services.outer_loop.domain.communication import Candidate, LoopCommunication
from services.outer_loop.domain.telling_ports import (
    FlaggedFeedback,
    FollowUpThread,
    RecipientId,
    Result,
    Settled,
    TellingWork,
)
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "telling.sql")

_FLAGGED = (
    "feedback_id", "tenant", "customer_id", "touchpoint", "suggested_what", "language",
    "occurred_at",
)  # fmt: skip
_THREAD = (
    "followup_id", "tenant", "feedback_id", "customer_id", "touchpoint", "occurred_at", "version",
    "state", "can_be_written_to", "answered_at", "customer_spoke_at",
)  # fmt: skip
_SETTLED = (
    "communication_id", "tenant", "customer_id", "outcome", "language", "why_not", "settled_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostgresThreads:
    """The port Threads, on the worker's connection."""

    connection: Connection

    async def add_flagged(self, said: Sequence[FlaggedFeedback]) -> None:
        """Add those that are new."""
        await self.connection.execute(QUERIES["add_flagged"], *columns(said, _FLAGGED))

    async def follow(self, threads: Sequence[FollowUpThread]) -> None:
        """Bring each follow-up to where its versions so far say; older ones undo nothing."""
        await self.connection.execute(QUERIES["follow"], *columns(threads, _THREAD))

    async def settle(self, settled: Sequence[Settled]) -> Collection[RecipientId]:
        """Keep what became of messages, and return those that nobody knew it of."""
        rows = await self.connection.fetch(QUERIES["settle"], *columns(settled, _SETTLED))
        return [(row["communication_id"], row["customer_id"]) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresTellings:
    """The port Tellings. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    @asynccontextmanager
    async def transaction(self, tenant: str) -> AsyncIterator[TellingWork]:
        """Commit at the end, roll back when an error leaves it."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresTellingWork(connection, tenant)

    async def of_plan(
        self, tenant: str, plan_id: UUID
    ) -> tuple[list[LoopCommunication], Mapping[UUID, Result]]:
        """Return what was written for a plan, the latest first, and what became of it."""
        async with tenant_transaction(self.pool, tenant) as connection:
            found = await _communications(connection, None, plan_id)
            return found, await _results(connection, plan_id)

    async def communication(self, tenant: str, communication_id: UUID) -> LoopCommunication | None:
        """Return one as it is, None when there is none."""
        async with tenant_transaction(self.pool, tenant) as connection:
            found = await _communications(connection, communication_id, None)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class PostgresTellingWork(PostgresPlanWork):
    """The port TellingWork."""

    async def communication(self, communication_id: UUID) -> LoopCommunication | None:
        """Return the communication and keep others from changing it until the end."""
        await self.connection.execute(QUERIES["lock_communication"], communication_id)
        found = await _communications(self.connection, communication_id, None)
        return found[0] if found else None

    async def draft_of(self, plan_id: UUID) -> LoopCommunication | None:
        """Return what is being written for the plan, None when nothing is."""
        found = await _communications(self.connection, None, plan_id)
        return next((one for one in found if not one.is_sent), None)

    async def keep(self, communication: LoopCommunication) -> None:
        """Keep it as it is now."""
        one = communication
        await self.connection.execute(
            QUERIES["save_communication"],
            one.communication_id,
            one.tenant,
            one.issue_id,
            one.plan_id,
            one.version,
            "sent" if one.is_sent else "draft",
            one.with_suggested,
            one.written_by,
            one.written_at,
            one.changed_at,
            one.approved_by,
            one.approved_at,
        )
        await self.connection.execute(QUERIES["clear_texts"], one.communication_id)
        await self.connection.execute(
            QUERIES["save_texts"],
            one.communication_id,
            one.tenant,
            list(one.texts),
            list(one.texts.values()),
        )

    async def implemented_at(self, plan_id: UUID) -> datetime | None:
        """Return when the plan's change was made."""
        found: datetime | None = await self.connection.fetchval(QUERIES["implemented_at"], plan_id)
        return found

    async def candidates(self, issue_id: UUID, before: datetime) -> list[Candidate]:
        """Return the customers who met the issue `before` the change, each once."""
        rows = await self.connection.fetch(QUERIES["candidates"], issue_id, before)
        return [Candidate(**dict(row)) for row in rows]

    async def address(
        self, communication: LoopCommunication, recipients: Sequence[Candidate]
    ) -> Collection[str]:
        """Add the recipients; return the customers whom nothing else has gone to."""
        rows = await self.connection.fetch(
            QUERIES["add_recipients"],
            communication.communication_id,
            communication.tenant,
            communication.issue_id,
            *columns(recipients, ("customer_id", "followup_id", "basis")),
        )
        return [row["customer_id"] for row in rows]

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have messages published when the transaction has ended well."""
        await enqueue(self.connection, "outer_loop", messages)


async def _communications(
    connection: Connection, communication_id: UUID | None, plan_id: UUID | None
) -> list[LoopCommunication]:
    rows = await connection.fetch(QUERIES["communications"], communication_id, plan_id)
    return [_communication(row) for row in rows]


async def _results(connection: Connection, plan_id: UUID) -> Mapping[UUID, Result]:
    reasons: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await connection.fetch(QUERIES["reasons"], plan_id):
        reasons[row["communication_id"]][row["why_not"]] = row["customers"]
    found = {}
    for row in await connection.fetch(QUERIES["results"], plan_id):
        named = dict(row)
        communication_id = named.pop("communication_id")
        found[communication_id] = Result(reasons=reasons[communication_id], **named)
    return found


def _communication(row: asyncpg.Record) -> LoopCommunication:
    named = dict(row)
    del named["state"]
    return LoopCommunication(**{**named, "texts": dict(row["texts"])})
