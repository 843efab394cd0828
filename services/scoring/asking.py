"""Asks for second opinions on what was scored, some at once, and keeps each when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from services.scoring.adapters import opinions
from services.scoring.adapters.opinions import Asked, Narrowed, Stored
from services.scoring.adapters.second_opinion import ChatEndpoint, prompt
from services.scoring.domain.agreement import Agreement, agreement
from services.scoring.domain.second_opinion import Labels, SecondOpinion, question_of
from shared.clock import Clock, SystemClock
from shared.contracts.events import FeedbackScored
from shared.errors import ClosedLoopError
from shared.postgres.pool import Pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.document import Program
from shared.program.store import ProgramStore

#: Questions that are under way at once, unless somebody says otherwise.
AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks one endpoint about the feedback of one tenant, since a moment, `at_once` at a time."""

    pool: Pool
    programs: ProgramStore
    endpoint: ChatEndpoint
    tenant: str
    since: datetime
    at_once: int = AT_ONCE
    clock: Clock = field(default_factory=SystemClock)

    @property
    def asked(self) -> Asked:
        """Who is asked, in which words."""
        return Asked(self.endpoint.model, prompt().version)

    async def opinions(self, only: Narrowed | None, limit: int) -> AsyncIterator[SecondOpinion]:
        """Ask about up to `limit` events, the newest first, and give each answer once it is kept.

        What the model was asked about before, with the same prompt, is passed over: who stops
        half-way goes on there. Raises EndpointError. Whether it ends so, is cancelled or is
        closed: what has been answered is kept, the other questions are dropped.
        """
        async with tenant_transaction(self.pool, self.tenant) as connection:
            found = await opinions.to_ask(connection, self.asked, self.since, only, limit)
        versions = {stored.program_version for stored in found}
        programs = {version: await self._program(version) for version in sorted(versions)}
        questions = (self._settle(stored, programs[stored.program_version]) for stored in found)
        under_way: set[asyncio.Task[SecondOpinion]] = set()
        try:
            while under_way := under_way | _begun(questions, self.at_once - len(under_way)):
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
                under_way -= done
        finally:
            await _stop(under_way)

    async def agreement(self) -> Mapping[str, Agreement]:
        """Return how far the endpoint's model and our judges agree, by what they judge."""
        async with tenant_transaction(self.pool, self.tenant) as connection:
            both = await opinions.both_opinions(connection, self.asked, self.since)
        return agreements(both)

    async def _settle(self, stored: Stored, program: Program) -> SecondOpinion:
        opinion = await self._ask(stored, program)
        await _to_the_end(self._keep(opinion))
        return opinion

    async def _keep(self, opinion: SecondOpinion) -> None:
        async with tenant_transaction(self.pool, self.tenant) as connection:
            await opinions.keep(connection, opinion)

    async def _ask(self, stored: Stored, program: Program) -> SecondOpinion:
        event = FeedbackScored.model_validate_json(stored.message).data
        asked_at = self.clock.now()
        answer = await self.endpoint.ask(question_of(event.feedback, event.language, program))
        return SecondOpinion(
            feedback_id=event.feedback_id,
            model=self.asked.model,
            prompt_version=self.asked.prompt_version,
            program_version=program.version,
            asked_at=asked_at,
            answer=answer,
        )

    async def _program(self, version: int) -> Program:
        program = await self.programs.version(self.tenant, version)
        if program is None:
            raise ClosedLoopError(f"{self.tenant} has no program version {version}.")
        return program


def _begun(
    questions: Iterator[Coroutine[Any, Any, SecondOpinion]], count: int
) -> set[asyncio.Task[SecondOpinion]]:
    return {asyncio.create_task(question) for question in islice(questions, count)}


async def _stop(tasks: Collection[asyncio.Task[SecondOpinion]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, and even when cancelled not before it has ended."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def agreements(both: Sequence[tuple[Labels, Labels]]) -> Mapping[str, Agreement]:
    """Return the agreement on sentiment, theme and cause, where neither side abstains."""
    return {
        name: agreement(
            (one, other)
            for ours, theirs in both
            for one, other in [(getattr(ours, name), getattr(theirs, name))]
            if one is not None and other is not None
        )
        for name in Labels._fields
    }
