"""Asks for second opinions on what was scored, one after the other, and keeps each at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.scoring.adapters import opinions
from services.scoring.adapters.opinions import Asked, Narrowed
from services.scoring.adapters.second_opinion import ChatEndpoint, prompt
from services.scoring.domain.agreement import Agreement, agreement
from services.scoring.domain.second_opinion import Labels, SecondOpinion, question_of
from shared.clock import Clock, SystemClock
from shared.contracts.events import FeedbackScored, ScoredFeedback
from shared.errors import ClosedLoopError
from shared.postgres.pool import Pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.document import Program
from shared.program.store import ProgramStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks one endpoint about the feedback of one tenant, since a moment."""

    pool: Pool
    programs: ProgramStore
    endpoint: ChatEndpoint
    tenant: str
    since: datetime
    clock: Clock = field(default_factory=SystemClock)

    @property
    def asked(self) -> Asked:
        """Who is asked, in which words."""
        return Asked(self.endpoint.model, prompt().version)

    async def opinions(self, only: Narrowed | None, limit: int) -> AsyncIterator[SecondOpinion]:
        """Ask about up to `limit` events, the newest first, and give each answer once it is kept.

        What the model was asked about before, with the same prompt, is passed over: who stops
        half-way goes on there. Raises EndpointError.
        """
        async with tenant_transaction(self.pool, self.tenant) as connection:
            found = await opinions.to_ask(connection, self.asked, self.since, only, limit)
        versions = {stored.program_version for stored in found}
        programs = {version: await self._program(version) for version in sorted(versions)}
        for stored in found:
            event = FeedbackScored.model_validate_json(stored.message).data
            opinion = await self._ask(event, programs[stored.program_version])
            async with tenant_transaction(self.pool, self.tenant) as connection:
                await opinions.keep(connection, opinion)
            yield opinion

    async def agreement(self) -> Mapping[str, Agreement]:
        """Return how far the endpoint's model and our judges agree, by what they judge."""
        async with tenant_transaction(self.pool, self.tenant) as connection:
            both = await opinions.both_opinions(connection, self.asked, self.since)
        return agreements(both)

    async def _ask(self, event: ScoredFeedback, program: Program) -> SecondOpinion:
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
