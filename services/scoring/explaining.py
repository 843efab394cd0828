"""Gathers why one event was scored as it was: what is kept of it, and its rules asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.scoring.adapters import opinions, reviews
from services.scoring.adapters.model_store import models_of
from services.scoring.adapters.models import Target
from services.scoring.adapters.postgres import message_of
from services.scoring.domain import wording
from services.scoring.domain.analysis import Analysis, analyze, names_in
from services.scoring.domain.explanation import Cut, Held, cut_of, held_rules
from services.scoring.domain.history import NOTHING_EARLIER, Earlier
from services.scoring.domain.marking import Piece, marked
from services.scoring.domain.message import scored_json
from services.scoring.domain.review import Decided
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.second_opinion import SecondOpinion
from services.scoring.domain.text.linear import Model
from services.scoring.domain.variables import Judged, variables
from services.scoring.errors import UnknownFeedbackError
from services.scoring.judges import open_judges
from shared.contracts.events import FeedbackScored, FeedbackSubmitted, ScoredFeedback
from shared.errors import ClosedLoopError
from shared.ids import ERASED
from shared.postgres.pool import Pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.conditions import VARIABLES
from shared.program.document import DEFAULT_RULE, Program
from shared.program.store import Activation, ProgramStore

#: Texts are read here, beside the event loop. One thread: judges remember what they read, and
#: those that ship are the same for all.
_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="explaining")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an event was scored as it was.

    `analysis` has the words that weighed, `judges` is what this release judges by, `same_bytes`
    tells whether scoring it again gives what was published, to the byte.
    """

    event: ScoredFeedback
    program: Program
    activation: Activation | None
    cut: Cut | None
    analysis: Analysis
    pieces: Sequence[Piece]
    held: Sequence[Held]
    judges: str
    same_bytes: bool
    opinions: Sequence[SecondOpinion]
    decisions: Sequence[Decided]

    def name_of(self, cause: str | None) -> str:
        """Return how the program calls what went wrong, or why; nothing for nothing."""
        taxonomy = self.program.taxonomy
        known = (one.name for one in (*taxonomy.what, *taxonomy.why) if one.id == cause)
        return next(known, cause or "")

    def summary(self) -> list[str]:
        """Return the explanation in plain sentences, the weightiest first."""
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        score = self.event.score
        verdict = f"Flagged, {score.severity}" if score.flagged else "Not flagged"
        yield f"{verdict}: {_sentence(score.reason)}"
        yield from self._on_the_rating()
        yield self._on_the_rules()
        yield from self._on_the_words()
        yield from self._on_the_review()
        yield self._on_scoring_again()

    def _on_the_rating(self) -> Iterator[str]:
        if self.cut is None:
            return
        category = self.event.score.category
        yield (
            f"The rating, {wording.rating_words(self.event)}, is that of"
            f" {wording.category_words(category)}: {self.cut.in_words(category)} on this scale."
        )

    def _on_the_rules(self) -> str:
        score, others = self.event.score, len(self.held) - 1
        if score.rule == DEFAULT_RULE:
            return "No rule holds; an unhappy rating is flagged all the same."
        if score.rule is None:
            return "No rule holds, so nobody is called."
        also = f"; {others} more would have, too" if others > 0 else ""
        return f"The rule {score.rule} decided{also}."

    def _on_the_words(self) -> Iterator[str]:
        event = self.event
        if not event.feedback.text:
            return
        language = f", in {wording.language_words(event.language)}," if event.language else ""
        if event.sentiment:
            sure = wording.certainty(event.sentiment.probability)
            yield f"The words{language} sound {event.sentiment.label} ({sure})."
        else:
            yield f"How the words{language} sound can't be told."
        if event.theme:
            sure = wording.certainty(event.theme.probability)
            yield f"What went wrong: {self.name_of(event.theme.label)} ({sure})."
        if event.cause:
            sure = wording.certainty(event.cause.probability)
            yield f"Why, by the words: {self.name_of(event.cause.label)} ({sure})."

    def _on_the_review(self) -> Iterator[str]:
        if self.event.review is None:
            return
        found = wording.CONTRADICTIONS[self.event.review]
        if self.decisions:
            last = self.decisions[-1]
            yield f"{found}. {last.actor_name} decided: {wording.DECISIONS[last.decision]}."
        else:
            yield f"{found}: it waits in the review queue."

    def _on_scoring_again(self) -> str:
        if self.same_bytes:
            return "Scored again now by the same version, it comes out the same, to the byte."
        if self.event.feedback.customer_id.startswith(ERASED):
            return "The customer had their data erased: what it was scored by is gone."
        if self.event.score.judges != self.judges:
            return "Scored again now it comes out differently: this release reads texts otherwise."
        return "Scored again now by the same version, it comes out differently."


class _Again(NamedTuple):
    """What scoring an event again gives: the words that weighed, the rules that hold, the bytes."""

    analysis: Analysis
    pieces: Sequence[Piece]
    held: Sequence[Held]
    judges: str
    message: str


class _Beside(NamedTuple):
    """What is kept beside a score."""

    opinions: Sequence[SecondOpinion]
    decisions: Sequence[Decided]


async def explain(
    pool: Pool, programs: ProgramStore, tenant: str, feedback_id: UUID
) -> Explanation:
    """Return why the tenant's event was scored as it was; raises UnknownFeedbackError.

    `pool` runs as closedloop_scoring_api.
    """
    message = await message_of(pool, tenant, feedback_id)
    if message is None:
        raise UnknownFeedbackError(
            f"There is no feedback {feedback_id}.",
            remedy="It may not have been scored yet: look again in a second.",
        )
    found = FeedbackScored.model_validate_json(message)
    event = found.data
    program = await _program(programs, tenant, event.score.program_version)
    own = await _models(pool, program)
    again = await asyncio.get_running_loop().run_in_executor(_READER, _again, found, program, own)
    beside = await _beside(pool, tenant, feedback_id)
    rating = event.feedback.rating
    return Explanation(
        event=event,
        program=program,
        activation=_activation_of(
            await programs.history(tenant), program.version, event.received_at
        ),
        cut=cut_of(rating, program) if rating else None,
        analysis=again.analysis,
        pieces=again.pieces,
        held=again.held,
        judges=again.judges,
        same_bytes=again.message == message,
        opinions=beside.opinions,
        decisions=beside.decisions,
    )


async def _program(programs: ProgramStore, tenant: str, version: int) -> Program:
    program = await programs.version(tenant, version)
    if program is None:
        raise ClosedLoopError(f"{tenant} has no program version {version} any more.")
    return program


async def _models(pool: Pool, program: Program) -> Mapping[Target, Model]:
    async with tenant_transaction(pool, program.tenant) as connection:
        return await models_of(connection, program)


async def _beside(pool: Pool, tenant: str, feedback_id: UUID) -> _Beside:
    async with tenant_transaction(pool, tenant) as connection:
        return _Beside(
            await opinions.opinions_of(connection, feedback_id),
            await reviews.decisions(connection, feedback_id),
        )


def _again(found: FeedbackScored, program: Program, own: Mapping[Target, Model]) -> _Again:
    event, feedback = found.data, found.data.feedback
    earlier = _earlier(event)
    scorer = Scorer(program, open_judges(program, own))
    analysis = analyze(feedback.text, scorer.judges, names=names_in(feedback), explain=True)
    judged = Judged(feedback, event.score.category, analysis, earlier)
    scored = scorer.score(feedback, earlier, read=analysis)
    return _Again(
        analysis,
        marked(feedback.text or "", _words(analysis)),
        held_rules(program.rules, variables(VARIABLES, judged)),
        scorer.judges.version,
        scored_json(_submitted(found), event.feedback_id, event.received_at, scored),
    )


def _earlier(event: ScoredFeedback) -> Earlier:
    kept = event.earlier
    return Earlier(kept.feedback_30d, kept.detractors_90d) if kept else NOTHING_EARLIER


def _submitted(found: FeedbackScored) -> FeedbackSubmitted:
    return FeedbackSubmitted(
        specversion="1.0",
        id=found.id,
        source=found.source,
        type="feedback.submitted.v1",
        tenant=found.tenant,
        data=found.data.feedback,
    )


def _words(analysis: Analysis) -> Iterator[str]:
    for opinion in (analysis.sentiment, analysis.theme, analysis.cause):
        yield from (weight.words for weight in opinion.words)


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _activation_of(
    activations: Iterable[Activation], version: int, moment: datetime
) -> Activation | None:
    """Return the activation by which `version` counted at `moment`; None where none is known."""
    of_version = [one for one in activations if one.version == version]
    come = [one for one in of_version if one.active_from <= moment]
    return max(come, key=lambda one: one.active_from, default=next(iter(of_version), None))
