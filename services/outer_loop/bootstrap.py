"""Where handlers meet PostgreSQL and Kafka: what the worker and the app are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from services.outer_loop.adapters.counts import rebuild, uncounted
from services.outer_loop.adapters.facts import (
    PostgresFeedbackFacts,
    PostgresFollowUpFacts,
    ensure_partitions,
)
from services.outer_loop.adapters.plans import PostgresPlans
from services.outer_loop.adapters.reads import Reads
from services.outer_loop.adapters.recurrence import PostgresRecurrences, RecurrenceReads
from services.outer_loop.adapters.seeing import CauseReads
from services.outer_loop.adapters.telling import PostgresTellings, PostgresThreads
from services.outer_loop.adapters.threads import ThreadReads
from services.outer_loop.domain.ports import Plans
from services.outer_loop.handlers.facts import record_feedback, record_followups
from services.outer_loop.handlers.recurrence import watch
from services.outer_loop.handlers.threads import follow, keep_flagged, keep_outcomes
from shared.clock import Clock, SystemClock
from shared.contracts.codec import decoder
from shared.contracts.communications import LoopCommunicationTold
from shared.contracts.events import CloudEvent, FeedbackScored, FollowUpChanged
from shared.contracts.records import Outcome
from shared.kafka.worker import Subscription
from shared.postgres.ledger import Effects, LedgeredCommit
from shared.postgres.pool import Connection, Pool, create_pool
from shared.program.admission import Admission
from shared.program.document import Program
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from shared.web.servers import open_servers

GROUP = "outer_loop"
SCORED = "feedback.scored.v1"
CHANGED = "followup.changed.v1"
TOLD = "loop.communication.told.v1"
WORKER_ROLE = "closedloop_outer_loop"
API_ROLE = "closedloop_outer_loop_api"

E = TypeVar("E", bound=CloudEvent[Any])


@asynccontextmanager
async def open_subscriptions(settings: Settings) -> AsyncIterator[Sequence[Subscription[Any]]]:
    """Open what the worker needs, for as long as it runs."""
    clock = SystemClock()
    pool = await create_pool(settings.database_url, role=WORKER_ROLE)
    async with pool, open_programs(settings.database_url, role=WORKER_ROLE) as programs:
        await ensure_partitions(pool)
        await _count_what_is_uncounted(pool, programs)

        async def keep_feedback(
            connection: Connection, events: Sequence[FeedbackScored]
        ) -> Sequence[Outcome]:
            facts = PostgresFeedbackFacts(connection)
            await keep_flagged(PostgresThreads(connection), events)
            return await record_feedback(facts, events, programs=await programs.active())

        async def keep_followups(
            connection: Connection, events: Sequence[FollowUpChanged]
        ) -> Sequence[Outcome]:
            facts = PostgresFollowUpFacts(connection)
            await follow(PostgresThreads(connection), events)
            known = await programs.active()
            outcomes = await record_followups(facts, events, programs=known, clock=clock)
            recurrences = PostgresRecurrences(connection)
            return await watch(recurrences, events, outcomes, programs=known, clock=clock)

        async def keep_told(
            connection: Connection, events: Sequence[LoopCommunicationTold]
        ) -> Sequence[Outcome]:
            return await keep_outcomes(PostgresThreads(connection), events)

        admission = Admission(programs)
        yield [
            _subscription(pool, admission, SCORED, FeedbackScored, keep_feedback),
            _subscription(pool, admission, CHANGED, FollowUpChanged, keep_followups),
            _subscription(pool, admission, TOLD, LoopCommunicationTold, keep_told),
        ]


@asynccontextmanager
async def open_rebuild(settings: Settings) -> AsyncIterator[tuple[Pool, ProgramStore]]:
    """Open what a rebuild of the counts needs."""
    pool = await create_pool(settings.database_url, role=WORKER_ROLE)
    async with pool, open_programs(settings.database_url, role=WORKER_ROLE) as programs:
        yield pool, programs


async def rebuild_counts(pool: Pool, programs: Mapping[str, Program]) -> None:
    """Count every fact anew, all tenants in one transaction, each in the zone of its program."""
    zones = {tenant: program.time_zone for tenant, program in programs.items()}
    async with pool.acquire() as connection, connection.transaction():
        await rebuild(connection, zones)


async def _count_what_is_uncounted(pool: Pool, programs: ProgramStore) -> None:
    """After the release that brought the counts: count what was known before it."""
    async with pool.acquire() as connection:
        behind = await uncounted(connection)
    if behind:
        await rebuild_counts(pool, await programs.active())


def _subscription(
    pool: Pool, admission: Admission, topic: str, model: type[E], effects: Effects[E]
) -> Subscription[E]:
    return Subscription(
        topic=topic,
        decode=decoder(model),
        admit=admission,
        commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What the routes work with."""

    plans: Plans
    reads: Reads
    tellings: PostgresTellings
    threads: ThreadReads
    recurrences: RecurrenceReads
    causes: CauseReads
    programs: ProgramStore
    clock: Clock


@asynccontextmanager
async def open_board(settings: Settings) -> AsyncIterator[Board]:
    """Open what the app needs, with the relay of its outbox running."""
    async with open_servers(
        settings, schema=GROUP, role=API_ROLE, relay_role=WORKER_ROLE
    ) as servers:
        yield Board(
            plans=PostgresPlans(servers.pool),
            reads=Reads(servers.pool),
            tellings=PostgresTellings(servers.pool),
            threads=ThreadReads(servers.pool),
            recurrences=RecurrenceReads(servers.pool),
            causes=CauseReads(servers.pool),
            programs=servers.programs,
            clock=SystemClock(),
        )
