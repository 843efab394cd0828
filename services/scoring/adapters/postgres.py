"""Scored events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from uuid import UUID

from services.scoring.domain.history import MOST_EARLIER, Customer, Said
from services.scoring.domain.ports import Kept, ScoredEvent
from shared.contracts.events import FeedbackScored, ScoredFeedback
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "feedback.sql")


@dataclass(frozen=True, slots=True)
class PostgresScores:
    """Scores in one transaction of the worker."""

    connection: Connection

    async def add(self, scored: Sequence[ScoredEvent]) -> Collection[UUID]:
        """Keep those that are new; return the ids of those that were there before."""
        # In one order everywhere, so that batches side by side cannot wait for each other.
        ordered = sorted(scored, key=attrgetter("feedback_id.int"))
        known = await self.connection.fetch(QUERIES["add_scores"], *zip(*ordered, strict=True))
        return {row["feedback_id"] for row in known}

    async def said_by(self, customers: Sequence[Customer]) -> Sequence[tuple[Customer, Said]]:
        """Return the last MOST_EARLIER things that each of `customers` said."""
        tenants = [tenant for tenant, _ in customers]
        ids = [customer_id for _, customer_id in customers]
        rows = await self.connection.fetch(QUERIES["said_by"], tenants, ids, MOST_EARLIER)
        return [((tenant, customer), Said(*said)) for tenant, customer, *said in rows]

    async def kept(self, ids: Collection[UUID]) -> Mapping[UUID, Kept]:
        """Return what was published for `ids`."""
        rows = await self.connection.fetch(QUERIES["kept"], ids)
        return {row["feedback_id"]: Kept(row["customer_id"], row["message"]) for row in rows}


async def message_of(pool: Pool, tenant: str, feedback_id: UUID) -> str | None:
    """Return the tenant's scored event, None when the tenant has none of that id."""
    async with tenant_transaction(pool, tenant) as connection:
        found: str | None = await connection.fetchval(QUERIES["message"], feedback_id)
    return found


async def co_creators(
    pool: Pool, tenant: str, since: datetime, limit: int
) -> Sequence[ScoredFeedback]:
    """Return what was said last, since a moment, by each customer who may be asked to help."""
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(QUERIES["co_creators"], since, limit)
    return [FeedbackScored.model_validate_json(row["message"]).data for row in rows]


async def ensure_partitions(pool: Pool) -> None:
    """Make the partitions of this month and the next ones."""
    await pool.execute(QUERIES["ensure_partitions"])
