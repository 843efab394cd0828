"""The handlers, called batch by batch as the worker calls them, each batch committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.outer_loop.adapters.facts import PostgresFeedbackFacts, PostgresFollowUpFacts
from services.outer_loop.adapters.recurrence import PostgresRecurrences
from services.outer_loop.adapters.telling import PostgresThreads
from services.outer_loop.handlers.facts import record_feedback, record_followups
from services.outer_loop.handlers.recurrence import watch
from services.outer_loop.handlers.threads import follow, keep_flagged, keep_outcomes
from shared.clock import FixedClock
from shared.contracts.communications import LoopCommunicationTold
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.contracts.records import Outcome
from shared.postgres.pool import Pool
from shared.program.document import Program
from shared.program.store import open_programs
from tests.integration.outer_loop import story

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Worker:
    """The outer loop's handlers, each call one committed batch."""

    pool: Pool
    programs: Mapping[str, Program]
    clock: FixedClock

    async def feedback(self, events: Sequence[FeedbackScored]) -> Sequence[Outcome]:
        """Handle one batch of feedback.scored.v1."""
        async with self.pool.acquire() as connection, connection.transaction():
            await keep_flagged(PostgresThreads(connection), events)
            facts = PostgresFeedbackFacts(connection)
            return await record_feedback(facts, events, programs=self.programs)

    async def followups(self, events: Sequence[FollowUpChanged]) -> Sequence[Outcome]:
        """Handle one batch of followup.changed.v1."""
        async with self.pool.acquire() as connection, connection.transaction():
            await follow(PostgresThreads(connection), events)
            facts = PostgresFollowUpFacts(connection)
            outcomes = await record_followups(
                facts, events, programs=self.programs, clock=self.clock
            )
            return await watch(
                PostgresRecurrences(connection),
                events,
                outcomes,
                programs=self.programs,
                clock=self.clock,
            )

    async def told(self, events: Sequence[LoopCommunicationTold]) -> Sequence[Outcome]:
        """Handle one batch of loop.communication.told.v1."""
        async with self.pool.acquire() as connection, connection.transaction():
            return await keep_outcomes(PostgresThreads(connection), events)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        return [dict(row) for row in await self.pool.fetch(query)]


async def activate_programs(database_url: str) -> None:
    """Make the company's program count, for both tenants."""
    async with open_programs(database_url, role="closedloop_program") as programs:
        for tenant in (story.TENANT, "other"):
            await programs.activate(story.program_yaml(tenant), who="tests", why="a first one")
