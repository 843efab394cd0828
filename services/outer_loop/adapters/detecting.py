"""What the detector reads and keeps, in PostgreSQL. The pool's role is the worker's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.outer_loop.adapters.columns import columns
from services.outer_loop.adapters.facts import PostgresFollowUpFacts
from services.outer_loop.domain.detected import Detection, Detections, Heard
from services.outer_loop.domain.issue import IssueKey, SystemicIssue
from services.outer_loop.domain.ports import Change
from shared.contracts.records import Outgoing
from shared.postgres.outbox import enqueue
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "detecting.sql")

_DETECTION = (
    "issue_id", "tenant", "kind", "sentence", "span", "customers", "usual", "chance", "as_of",
    "program_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostgresDetections:
    """The port Detections, in a transaction."""

    connection: Connection

    async def hold_unopened(self, keys: Sequence[IssueKey]) -> set[IssueKey]:
        """Wait for whoever opens the same issues; return the keys that have none."""
        facts = PostgresFollowUpFacts(self.connection)
        await facts.hold(keys)
        return set(keys) - set(await facts.open_among(keys))

    async def open(
        self,
        issues: Sequence[SystemicIssue],
        changes: Sequence[Change],
        detections: Iterable[Detection],
        departments: Sequence[tuple[IssueKey, str]],
        messages: Sequence[Outgoing],
    ) -> None:
        """Open the issues, with why and by whom they are to be solved, and tell of them."""
        facts = PostgresFollowUpFacts(self.connection)
        await facts.open_issues(issues, changes)
        await facts.add_departments(departments)
        await self.connection.execute(
            QUERIES["keep_detections"], *columns(list(detections), _DETECTION)
        )
        await enqueue(self.connection, "outer_loop", messages)


@dataclass(frozen=True, slots=True)
class PostgresDetectionTransactions:
    """The port DetectionTransactions."""

    pool: Pool

    async def heard(self, tenant: str, since: date) -> Heard:
        """Return what a tenant's customers met and said since a day, as of one moment."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            sightings = await connection.fetch(QUERIES["sightings"], tenant, since)
            listened = await connection.fetch(QUERIES["listened"], tenant, since)
        return Heard(
            sightings=[tuple(row) for row in sightings],
            listened={(row["name"], row["day"]): row["feedback"] for row in listened},
        )

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[Detections]:
        """Open a transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield PostgresDetections(connection)
