"""Reads a tenant's history from PostgreSQL: one snapshot, nothing written, few rows at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.backtest.history import Chunk, StoredEvent, with_what_came_before
from deploy.backtest.job import Job
from deploy.backtest.pace import Pace
from services.scoring.domain.history import DETRACTORS_WITHIN
from shared.errors import SettingsError, TransientError
from shared.postgres.pool import TRANSIENT_ERRORS, Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parent / "sql" / "history.sql")
#: Each service's tables are read as that service's own role reads them.
_SCORING, _ROUTING = "closedloop_scoring", "closedloop_routing"
#: Events that a process works on at a time.
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """The history of the job's tenant as it was when it was opened."""

    job: Job
    events: Connection
    followups: Connection
    runner: asyncio.Runner

    def paces(self) -> list[Pace]:
        """Return what each owner resolved in the job's time."""
        job = self.job
        rows = self._fetch("paces", job.candidate.tenant, job.since, job.until)
        return [Pace(*row) for row in rows]

    def chunks(self, *, by_customer: bool) -> Generator[Chunk, None, None]:
        """Yield the events of the job's time.

        With `by_customer`, in the order in which each customer's were scored, and from the days
        before on that rules may look back to.
        """
        if not by_customer:
            for events in self._batches("events", self.job.since):
                yield Chunk((), events, self._confirmed(events))
            return
        batches = self._batches("events_by_customer", self.job.since - DETRACTORS_WITHIN)
        for before, events in with_what_came_before(batches):
            yield Chunk(before, events, self._confirmed(events))

    def _batches(self, query: str, since: datetime) -> Iterator[Sequence[StoredEvent]]:
        tenant, until = self.job.candidate.tenant, self.job.until

        async def open_cursor() -> asyncpg.cursor.Cursor[asyncpg.Record]:
            return await self.events.cursor(QUERIES[query], tenant, since, until)

        cursor = self.runner.run(open_cursor())
        while rows := self.runner.run(cursor.fetch(CHUNK)):
            yield [StoredEvent(*row) for row in rows]

    def _confirmed(self, events: Sequence[StoredEvent]) -> dict[UUID, str]:
        """Return the confirmed reasons; only what was flagged once can have one."""
        flagged = [event.feedback_id for event in events if event.flagged]
        if not flagged:
            return {}
        return dict(self._fetch("confirmed", self.job.candidate.tenant, flagged))

    def _fetch(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        rows = self.runner.run(self.followups.fetch(QUERIES[query], *arguments))
        return [tuple(row) for row in rows]


@contextmanager
def open_stored(database_url: str, job: Job) -> Iterator[Stored]:
    """Open the history; what is committed later is not seen.

    Raises TransientError when the server can't be reached, SettingsError when it refuses.
    """
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            events, followups = runner.run(_begin(stack, database_url))
            yield Stored(job, events, followups, runner)
        except TRANSIENT_ERRORS as error:
            raise TransientError(f"PostgreSQL does not answer: {error}") from error
        finally:
            runner.run(stack.aclose())


async def _begin(stack: AsyncExitStack, database_url: str) -> tuple[Connection, Connection]:
    """Begin one reading transaction under each role; the second sees what the first one sees."""
    events = await _connect(stack, database_url, _SCORING)
    snapshot = await events.fetchval(QUERIES["snapshot"])
    followups = await _connect(stack, database_url, _ROUTING)
    await followups.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    return events, followups


async def _connect(stack: AsyncExitStack, database_url: str, role: str) -> Connection:
    settings = {"role": role, "application_name": "closedloop backtest"}
    try:
        connection = await asyncpg.connect(database_url, server_settings=settings)
    except TRANSIENT_ERRORS:
        raise
    except asyncpg.PostgresError as error:
        raise SettingsError(
            f"PostgreSQL refuses the role {role}: {error}",
            remedy="Check DATABASE_URL and run `closedloop migrate`.",
        ) from error
    stack.push_async_callback(connection.close)
    await stack.enter_async_context(
        connection.transaction(isolation="repeatable_read", readonly=True)
    )
    return connection
