"""Scores batches of events: judge, keep, answer with what is to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.scoring.domain.analysis import Analysis, analyze_all
from services.scoring.domain.history import NOTHING_EARLIER, Customer, History, Said
from services.scoring.domain.message import TYPE, scored_json
from services.scoring.domain.ports import Kept, ScoredEvent, Scores
from services.scoring.domain.received import Received
from services.scoring.domain.scorer import Scored, Scorer
from shared.contracts.codec import key_of
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Outcome, Outgoing
from shared.ids import feedback_id


class _Case(NamedTuple):
    """An event that is to be scored, and by what."""

    identity: UUID
    received: Received
    scorer: Scorer


async def score_batch(
    scores: Scores,
    batch: Sequence[Received],
    *,
    scorers: Sequence[Scorer],
) -> list[Outcome]:
    """Score each event of `batch` once, ever, and return an outcome for each, in order.

    `scorers` has one for each event, of the version that counted when it came. An event that was
    scored before keeps its score: its outcome is the message that is kept, to the byte, whatever
    the program says by now.
    """
    ids = [feedback_id(event.tenant, event.source, event.id) for event, _ in batch]
    history = await _history(scores, batch, scorers)
    cases: dict[UUID, _Case] = {}
    for identity, received, scorer in zip(ids, batch, scorers, strict=True):
        cases.setdefault(identity, _Case(identity, received, scorer))
    read = analyze_all([(case.received.event.data, case.scorer.judges) for case in cases.values()])
    scored = {
        case.identity: _score(case, analysis, history)
        for case, analysis in zip(cases.values(), read, strict=True)
    }
    known = await scores.add(list(scored.values()))
    kept = await scores.kept(known) if known else {}
    return _outcomes(ids, scored, kept)


async def _history(
    scores: Scores, batch: Sequence[Received], scorers: Sequence[Scorer]
) -> History | None:
    """Return what the customers said before whose programs ask for it, None where none asks."""
    asking = {
        _customer(received.event)
        for received, scorer in zip(batch, scorers, strict=True)
        if scorer.reads_history
    }
    return History(await scores.said_by(list(asking))) if asking else None


def _customer(event: FeedbackSubmitted) -> Customer:
    return event.tenant, event.data.customer_id


def _score(case: _Case, analysis: Analysis, history: History | None) -> ScoredEvent:
    event, received_at = case.received
    feedback = event.data
    scored = _scored(case, analysis, history)
    score = scored.score
    return ScoredEvent(
        feedback_id=case.identity,
        received_at=received_at,
        tenant=event.tenant,
        customer_id=feedback.customer_id,
        touchpoint=feedback.touchpoint,
        occurred_at=feedback.occurred_at,
        category=score.category,
        severity=score.severity,
        flagged=score.flagged,
        rule=score.rule,
        program_version=score.program_version,
        language=analysis.language,
        review=scored.review,
        co_creation=scored.co_creation,
        message=scored_json(event, case.identity, received_at, scored),
    )


def _scored(case: _Case, analysis: Analysis, history: History | None) -> Scored:
    (event, received_at), identity, scorer = case.received, case.identity, case.scorer
    if history is None:
        return scorer.score(event.data, read=analysis)
    customer, occurred_at, earlier = _customer(event), event.data.occurred_at, NOTHING_EARLIER
    if scorer.reads_history:
        earlier = history.before(customer, identity, occurred_at)
    scored = scorer.score(event.data, earlier, read=analysis)
    history.add(customer, Said(received_at, identity, occurred_at, scored.score.category))
    return scored


def _outcomes(
    ids: Sequence[UUID], scored: Mapping[UUID, ScoredEvent], kept: Mapping[UUID, Kept]
) -> list[Outcome]:
    outcomes = []
    fresh = scored.keys() - kept.keys()
    for identity in ids:
        event = scored[identity]
        published = kept.get(identity) or event
        key = key_of(event.tenant, published.customer_id)
        message = Outgoing(TYPE, key, published.message.encode())
        outcomes.append(Outcome(fresh=identity in fresh, outgoing=[message]))
        fresh.discard(identity)
    return outcomes
