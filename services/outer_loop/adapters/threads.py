"""Threads as people look at them: one tenant, one snapshot, no locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.outer_loop.domain.communication import Basis
from services.outer_loop.domain.thread import FollowUpKnown, Found, Funnel, Step, Thread
from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.postgres.tenancy import tenant_transaction

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "threads.sql")
_THREAD = [part.name for part in fields(Thread)]

#: Where a page of rows ended.
Position = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class ThreadReads:
    """Reads threads. The pool's role is closedloop_outer_loop_api."""

    pool: Pool

    async def funnel(self, tenant: str, issue_id: UUID) -> Mapping[Basis, Funnel]:
        """Return the issue's customers at each step, by how sure their cause is."""
        async with tenant_transaction(self.pool, tenant) as connection:
            rows = await connection.fetch(QUERIES["funnel"], issue_id)
        found: dict[Basis, Funnel] = {"confirmed": Funnel(), "suggested": Funnel()}
        for row in rows:
            named = dict(row)
            basis = named.pop("basis")
            found[basis] = Funnel(**named)
        return found

    async def rows(
        self,
        tenant: str,
        issue_id: UUID,
        step: Step,
        basis: Basis | None,
        *,
        limit: int,
        after: Position | None = None,
    ) -> list[Thread]:
        """Return the follow-ups behind one number, the latest first."""
        async with tenant_transaction(self.pool, tenant) as connection:
            rows = await connection.fetch(
                QUERIES["rows"], issue_id, step, basis, limit, *(after or (None, None))
            )
        return [_thread(row) for row in rows]

    async def of(
        self, tenant: str, *, followup_id: UUID | None = None, feedback_id: UUID | None = None
    ) -> Found:
        """Return all that a follow-up or a feedback event belongs to."""
        async with tenant_transaction(self.pool, tenant) as connection:
            known = await connection.fetch(QUERIES["followups_known"], followup_id, feedback_id)
            onward = await connection.fetch(QUERIES["threads_of"], followup_id, feedback_id)
            behind = await connection.fetch(QUERIES["threads_behind"], feedback_id)
        return Found(
            followups=tuple(FollowUpKnown(**dict(row)) for row in known),
            onward=tuple(map(_thread, onward)),
            behind=tuple(map(_thread, behind)),
        )


def _thread(row: asyncpg.Record) -> Thread:
    return Thread(**{name: row[name] for name in _THREAD})
