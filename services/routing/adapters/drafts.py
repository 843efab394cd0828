"""Drafts in PostgreSQL: a function for each query. None of them commits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.routing.domain.drafts import Draft, DraftForm, Drafts
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "drafts.sql")

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PostgresDrafts:
    """The port Drafts, in a transaction under row-level security."""

    connection: Connection

    async def has_case(self, followup_id: UUID) -> bool:
        """Return whether there is such a follow-up."""
        found: bool = await self.connection.fetchval(QUERIES["has_case"], followup_id)
        return found

    async def of_case(self, followup_id: UUID, person: str) -> Sequence[Draft]:
        """Return the drafts for a case, then those for cases that went into it."""
        rows = await self.connection.fetch(QUERIES["drafts_of"], followup_id, person)
        return [
            Draft(form=row["form"], fields=json.loads(row["fields"]), saved_at=row["saved_at"])
            for row in rows
        ]

    async def save(self, followup_id: UUID, person: str, draft: Draft, key: str) -> None:
        """Keep the draft in place of the former, unless the form of this key was sent."""
        await self.connection.execute(
            QUERIES["save_draft"],
            followup_id,
            person,
            draft.form,
            json.dumps(dict(draft.fields), ensure_ascii=False),
            draft.saved_at,
            key,
        )

    async def forget(
        self, followup_id: UUID, person: str, form: DraftForm, *, spare_own: bool
    ) -> None:
        """Forget what stood in a form, for the case (unless spared) and those that went into it."""
        await self.connection.execute(QUERIES["forget_draft"], followup_id, person, form, spare_own)


@dataclass(frozen=True, slots=True)
class PostgresDraftTransactions:
    """Opens transactions; the pool runs as closedloop_routing_api."""

    pool: Pool

    @asynccontextmanager
    async def of_drafts(self, tenant: str) -> AsyncIterator[Drafts]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        async with tenant_transaction(self.pool, tenant) as connection:
            yield PostgresDrafts(connection)


async def forget_old_drafts(pool: Pool, saved_before: datetime) -> int:
    """Forget some drafts of every tenant that are that old; return how many. As the worker."""
    forgotten = await pool.fetch(QUERIES["forget_old_drafts"], saved_before, _AT_ONCE)
    return len(forgotten)
