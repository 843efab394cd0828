"""Where the handler meets PostgreSQL: what the worker and the app are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.scoring.adapters.postgres import PostgresScores, ensure_partitions
from services.scoring.domain.received import Received, receiver
from services.scoring.domain.scorer import Scorer
from services.scoring.handlers import score_batch
from shared.contracts.codec import decoder
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Outcome
from shared.kafka.worker import Subscription
from shared.postgres.ledger import LedgeredCommit
from shared.postgres.pool import Connection, Pool, create_pool
from shared.program.admission import Admission
from shared.program.document import Program
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings

GROUP = "scoring"
TOPIC = "feedback.submitted.v1"
WORKER_ROLE = "closedloop_scoring"
API_ROLE = "closedloop_scoring_api"

#: Scorers that are kept ready: a year's changes, read again, bring many.
_MOST_SCORERS = 200


class Scorers:
    """A scorer for each version of a program that judges, compiled when it is first needed."""

    def __init__(self) -> None:
        self._scorers: dict[tuple[str, int], Scorer] = {}

    def of(self, program: Program) -> Scorer:
        """Return the scorer of `program`."""
        key = program.tenant, program.version
        if key not in self._scorers:
            if len(self._scorers) >= _MOST_SCORERS:
                self._scorers.clear()
            self._scorers[key] = Scorer(program)
        return self._scorers[key]


@dataclass(frozen=True, slots=True)
class ScoreEffects:
    """What a batch of feedback leads to, in the transaction of its ledger row."""

    programs: ProgramStore
    scorers: Scorers = field(default_factory=Scorers)

    async def __call__(self, connection: Connection, batch: Sequence[Received]) -> list[Outcome]:
        """Score `batch`, all of whose tenants have a program, each event by its moment's."""
        programs = await self.programs.at([(received.tenant, received.at) for received in batch])
        scorers = [self.scorers.of(program) for program in programs]
        return await score_batch(PostgresScores(connection), batch, scorers=scorers)


@asynccontextmanager
async def open_subscriptions(
    settings: Settings,
) -> AsyncIterator[Sequence[Subscription[Received]]]:
    """Open what the worker needs, for as long as it runs."""
    pool = await create_pool(settings.database_url, role=WORKER_ROLE)
    async with pool, open_programs(settings.database_url, role=WORKER_ROLE) as programs:
        await ensure_partitions(pool)
        effects = ScoreEffects(programs)
        yield [
            Subscription(
                topic=TOPIC,
                decode=receiver(decoder(FeedbackSubmitted)),
                admit=Admission(programs),
                commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
            )
        ]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the read API needs."""

    pool: Pool
    programs: ProgramStore


@asynccontextmanager
async def open_reading(settings: Settings) -> AsyncIterator[Reading]:
    """Open what the read API needs, for as long as the app runs."""
    pool = await create_pool(settings.database_url, role=API_ROLE, max_size=4)
    async with pool, open_programs(settings.database_url, role=API_ROLE) as programs:
        yield Reading(pool, programs)
