"""Where the handler meets PostgreSQL: what the worker and the app are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from services.scoring.adapters.model_store import models_of
from services.scoring.adapters.postgres import PostgresScores, ensure_partitions
from services.scoring.confirming import confirmations
from services.scoring.domain.received import Received, receiver
from services.scoring.domain.scorer import Scorer
from services.scoring.handlers import score_batch
from services.scoring.judges import open_judges
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

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._scorers: dict[tuple[str, int], Scorer] = {}

    async def of(self, programs: Sequence[Program]) -> list[Scorer]:
        """Return a scorer for each of `programs`.

        Raises ClosedLoopError where a program's model can't be had.
        """
        found = []
        for program in programs:
            scorer = self._scorers.get((program.tenant, program.version))
            found.append(scorer or await self._compile(program))
        return found

    async def _compile(self, program: Program) -> Scorer:
        scorer = Scorer(program, open_judges(program, await models_of(self._pool, program)))
        if len(self._scorers) >= _MOST_SCORERS:
            self._scorers.clear()
        self._scorers[program.tenant, program.version] = scorer
        return scorer


@dataclass(frozen=True, slots=True)
class ScoreEffects:
    """What a batch of feedback leads to, in the transaction of its ledger row."""

    programs: ProgramStore
    scorers: Scorers

    @classmethod
    def by(cls, programs: ProgramStore) -> Self:
        """Return the effects that follow `programs`, whose connection reads the models too."""
        return cls(programs, Scorers(programs.pool))

    async def __call__(self, connection: Connection, batch: Sequence[Received]) -> list[Outcome]:
        """Score `batch`, all of whose tenants have a program, each event by its moment's."""
        programs = await self.programs.at([(received.tenant, received.at) for received in batch])
        scorers = await self.scorers.of(programs)
        return await score_batch(PostgresScores(connection), batch, scorers=scorers)


@asynccontextmanager
async def open_subscriptions(
    settings: Settings,
) -> AsyncIterator[Sequence[Subscription[Any]]]:
    """Open what the worker needs, for as long as it runs."""
    pool = await create_pool(settings.database_url, role=WORKER_ROLE)
    async with pool, open_programs(settings.database_url, role=WORKER_ROLE) as programs:
        await ensure_partitions(pool)
        effects = ScoreEffects.by(programs)
        yield [
            Subscription(
                topic=TOPIC,
                decode=receiver(decoder(FeedbackSubmitted)),
                admit=Admission(programs),
                commit=LedgeredCommit(pool=pool, group=GROUP, effects=effects),
            ),
            await confirmations(pool, programs),
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
