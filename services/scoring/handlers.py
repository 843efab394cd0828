"""Scores batches of events: judge, keep, answer with what is to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.scoring.domain.history import NOTHING_EARLIER, Customer, History, Said
from services.scoring.domain.message import TYPE, scored_json
from services.scoring.domain.ports import Kept, ScoredEvent, Scores
from services.scoring.domain.received import Received
from services.scoring.domain.scorer import Scored, Scorer
from shared.contracts.codec import key_of
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Outcome, Outgoing
from shared.ids import feedback_id


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
    scored: dict[UUID, ScoredEvent] = {}
    for identity, received, scorer in zip(ids, batch, scorers, strict=True):
        if identity not in scored:
            scored[identity] = _score(received, identity, scorer, history)
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


def _score(
    received: Received, identity: UUID, scorer: Scorer, history: History | None
) -> ScoredEvent:
    event, received_at = received
    feedback = event.data
    scored = _scored(received, identity, scorer, history)
    score = scored.score
    return ScoredEvent(
        feedback_id=identity,
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
        language=scored.analysis.language,
        review=scored.review,
        co_creation=scored.co_creation,
        message=scored_json(event, identity, received_at, scored),
    )


def _scored(received: Received, identity: UUID, scorer: Scorer, history: History | None) -> Scored:
    feedback, customer = received.event.data, _customer(received.event)
    if history is None:
        return scorer.score(feedback)
    earlier = NOTHING_EARLIER
    if scorer.reads_history:
        earlier = history.before(customer, identity, feedback.occurred_at)
    scored = scorer.score(feedback, earlier)
    said = Said(received.at, identity, feedback.occurred_at, scored.score.category)
    history.add(customer, said)
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
