"""feedback.scored.v1: each flagged event becomes exactly one follow-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.routing.domain.changes import event_of
from services.routing.domain.commands import Changed
from services.routing.domain.followup import FollowUp
from services.routing.domain.later import said_in
from services.routing.domain.opening import open_followup, rotation_of
from services.routing.domain.ports import Openings, RecordedChange, StoredMessage
from services.routing.domain.staffing import Staffing
from shared.clock import Clock
from shared.contracts.codec import encode, key_of
from shared.contracts.events import FeedbackScored
from shared.contracts.records import Outcome, Outgoing
from shared.program.document import Program

TOPIC = "followup.changed.v1"
#: Who opens follow-ups: the program, not a person.
PROGRAM = "program"

_NOTHING_TO_DO = Outcome(effect=False)


async def open_followups(
    openings: Openings,
    events: Sequence[FeedbackScored],
    *,
    programs: Mapping[str, Program],
    clock: Clock,
) -> Sequence[Outcome]:
    """Open the follow-ups that `events` ask for, in the transaction of `openings`.

    Returns an outcome for each event, in order. An event seen before, in this batch or in an
    earlier one, gets the stored announcement of its follow-up, to the byte. `programs` holds the
    active program of each event's tenant. What a customer says, flagged or not, is held against
    what they said before (domain/later.py).
    """
    if said := said_in(events):
        await openings.hear(said)
    flagged = _distinct(event for event in events if event.data.score.flagged)
    stored, fresh = await _open(openings, flagged, programs, clock) if flagged else ({}, set())
    return _outcomes(events, stored, fresh)


def _distinct(events: Iterable[FeedbackScored]) -> list[FeedbackScored]:
    first = {event.data.feedback_id: event for event in events}
    return [first[feedback_id] for feedback_id in sorted(first)]


async def _open(
    openings: Openings,
    flagged: Sequence[FeedbackScored],
    programs: Mapping[str, Program],
    clock: Clock,
) -> tuple[dict[UUID, StoredMessage], set[UUID]]:
    rotations = {rotation_of(event.data, programs[event.tenant]) for event in flagged}
    rounds = await openings.lock_rotations(sorted(rotations))
    wanted = [event.data.feedback_id for event in flagged]
    stored = await openings.opened_messages(wanted)
    unopened = [event for event in flagged if event.data.feedback_id not in stored]
    if not unopened:
        return stored, set()
    asking = [(event.data, programs[event.tenant]) for event in unopened]
    staffing = Staffing(clock.now(), turns={key: dict(one.turns) for key, one in rounds.items()})
    await openings.learn(staffing, staffing.inquiry(asking))
    positions = {key: one.position for key, one in rounds.items()}
    followups = [open_followup(*one, positions, staffing.now, staffing) for one in asking]
    fresh = await _insert(openings, followups)
    await openings.advance_rotations(positions, staffing.turns)
    return await openings.opened_messages(wanted), fresh


async def _insert(openings: Openings, followups: Sequence[FollowUp]) -> set[UUID]:
    """Insert; leave out what another batch has opened meanwhile, under another team."""
    fresh = await openings.insert(followups)
    changes = [_opened(one) for one in followups if one.voice.feedback_id in fresh]
    if changes:
        await openings.record(changes)
    return fresh


def _opened(followup: FollowUp) -> RecordedChange:
    changed = Changed(followup=followup, change="opened")
    return RecordedChange(
        followup=followup,
        change=changed.change,
        actor=PROGRAM,
        actor_name=PROGRAM,
        note=None,
        message=encode(event_of(changed, PROGRAM)).decode(),
        why=followup.why,
    )


def _outcomes(
    events: Sequence[FeedbackScored], stored: Mapping[UUID, StoredMessage], fresh: set[UUID]
) -> list[Outcome]:
    """Answer for each event; of several with one id the first is the fresh one."""
    outcomes, unclaimed = [], set(fresh)
    for event in events:
        feedback_id = event.data.feedback_id
        if event.data.score.flagged:
            outcomes.append(
                Outcome(
                    fresh=feedback_id in unclaimed, outgoing=[_announcement(stored[feedback_id])]
                )
            )
            unclaimed.discard(feedback_id)
        else:
            outcomes.append(_NOTHING_TO_DO)
    return outcomes


def _announcement(stored: StoredMessage) -> Outgoing:
    return Outgoing(
        topic=TOPIC,
        key=key_of(stored.tenant, stored.customer_id),
        value=stored.message.encode(),
    )
