"""A tenant with a program, stored events and follow-ups, of which some are resolved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.handlers.opening import open_followups
from services.scoring.adapters.postgres import PostgresScores
from services.scoring.domain.received import Received
from services.scoring.handlers import score_batch
from shared.clock import SystemClock
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackScored, FeedbackSubmitted
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import ACTIVATING_ROLE, open_programs
from tests.unit.program.samples import document
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

HAPPY = {"scale": "nps", "value": 10}
UNHAPPY = {"scale": "nps", "value": 2}

_scored = parser(FeedbackScored)


async def activate(database_url: str, *, tenant: str = "acme") -> Program:
    """Let the sample's program count."""
    async with open_programs(database_url, role=ACTIVATING_ROLE) as programs:
        return await programs.activate(document(tenant=tenant), who="ann", why="the first one")


def said(
    number: int, *, customer: str, days_ago: float, happy: bool, tenant: str = "acme"
) -> FeedbackSubmitted:
    """Return what a customer said some days ago."""
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    return event(
        event_id=str(number),
        tenant=tenant,
        customer_id=customer,
        occurred_at=moment.isoformat(),
        rating=HAPPY if happy else UNHAPPY,
        text=f"I am {customer}, reach me at {customer}@example.com",
        contact={"name": customer},
    )


async def keep(
    database_url: str, program: Program, events: Sequence[FeedbackSubmitted]
) -> list[FeedbackScored]:
    """Have `events` scored and kept, and their follow-ups opened, as the workers do it."""
    scorer = scorer_of(program)
    batch = [Received(one, one.data.occurred_at) for one in events]
    async with (
        await create_pool(database_url, role="closedloop_scoring", max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        outcomes = await score_batch(
            PostgresScores(connection), batch, scorers=[scorer] * len(batch)
        )
    values = [message.value or b"" for outcome in outcomes for message in outcome.outgoing]
    scored = [_scored(value) for value in values]
    async with (
        await create_pool(database_url, role="closedloop_routing", max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        programs = {program.tenant: program}
        openings = PostgresOpenings(connection)
        await open_followups(openings, scored, programs=programs, clock=SystemClock())
    return scored


async def resolve(database_url: str, *, customer: str, why: str) -> None:
    """Have the follow-ups of a customer resolved an hour after they were said, with this reason."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE routing.followup SET state = 'resolved', cause_what = 'delay', cause_why = $2,"
            " action_taken = 'Called', resolved_at = occurred_at + interval '1 hour'"
            " WHERE customer_id = $1",
            customer,
            why,
        )
    finally:
        await connection.close()
