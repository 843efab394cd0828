"""Batches from the topics: each customer's way from what they said to what they were told.

Nothing here depends on the order in which events arrive (sql/queries/telling.sql, `follow`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from services.outer_loop.domain.telling_ports import (
    FlaggedFeedback,
    FollowUpThread,
    Settled,
    Threads,
)
from shared.contracts.communications import LoopCommunicationTold
from shared.contracts.contacts import ContactOutcome
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.contracts.records import Outcome

#: Who acts on a customer's own page.
CUSTOMER = "customer"
_IN_VAIN = frozenset({ContactOutcome.NO_ANSWER, ContactOutcome.WRONG_DETAILS})


async def keep_flagged(threads: Threads, events: Sequence[FeedbackScored]) -> None:
    """Keep what the words of flagged feedback suggest, and their language."""
    flagged = {one.data.feedback_id: one for one in events if one.data.score.flagged}
    if flagged:
        await threads.add_flagged([_flagged(flagged[id_]) for id_ in sorted(flagged)])


async def follow(threads: Threads, events: Sequence[FollowUpChanged]) -> None:
    """Bring each follow-up's thread to where its changes say."""
    each = sorted(map(_thread, events), key=lambda one: (one.followup_id, one.version))
    groups = groupby(each, key=attrgetter("followup_id"))
    await threads.follow([_joined(list(versions)) for _, versions in groups])


async def keep_outcomes(threads: Threads, events: Sequence[LoopCommunicationTold]) -> list[Outcome]:
    """Keep what became of telling customers; return an outcome for each event, in order."""
    distinct = {(one.data.communication_id, one.data.customer_id): one for one in reversed(events)}
    fresh = set(await threads.settle([_settled(distinct[id_]) for id_ in sorted(distinct)]))
    outcomes = []
    for event in events:
        id_ = (event.data.communication_id, event.data.customer_id)
        outcomes.append(Outcome(fresh=id_ in fresh))
        fresh.discard(id_)
    return outcomes


def _flagged(event: FeedbackScored) -> FlaggedFeedback:
    scored, said = event.data, event.data.feedback
    return FlaggedFeedback(
        feedback_id=scored.feedback_id,
        tenant=event.tenant,
        customer_id=said.customer_id,
        touchpoint=said.touchpoint,
        suggested_what=scored.theme.label if scored.theme else None,
        language=scored.language or said.language,
        occurred_at=said.occurred_at,
    )


def _thread(event: FollowUpChanged) -> FollowUpThread:
    change = event.data
    was_answered = change.contact is not None and change.contact.outcome not in _IN_VAIN
    return FollowUpThread(
        followup_id=change.followup_id,
        tenant=event.tenant,
        feedback_id=change.feedback_id,
        customer_id=change.customer_id,
        touchpoint=change.touchpoint,
        occurred_at=change.occurred_at,
        version=change.version,
        state=change.state,
        can_be_written_to=change.can_be_written_to is True,
        answered_at=change.changed_at if was_answered else None,
        customer_spoke_at=change.changed_at if change.actor == CUSTOMER else None,
    )


def _joined(versions: Sequence[FollowUpThread]) -> FollowUpThread:
    """Return the highest of a follow-up's versions, with the moments of all of them."""
    return replace(
        versions[-1],
        answered_at=min(_moments(one.answered_at for one in versions), default=None),
        customer_spoke_at=max(_moments(one.customer_spoke_at for one in versions), default=None),
    )


def _moments(found: Iterable[datetime | None]) -> list[datetime]:
    return [one for one in found if one is not None]


def _settled(event: LoopCommunicationTold) -> Settled:
    told = event.data
    return Settled(
        communication_id=told.communication_id,
        tenant=event.tenant,
        customer_id=told.customer_id,
        outcome=told.outcome,
        language=told.language,
        why_not=told.why_not,
        settled_at=told.at,
    )
