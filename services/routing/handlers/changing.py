"""A person changes a follow-up: one request, one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.changes import event_of
from services.routing.domain.channel_messages import ChannelMessage, ChannelReply
from services.routing.domain.commands import Changed, ChangeFollowUp, change, in_steps
from services.routing.domain.contacts import CONTACTED, Contact, ContactAttempt, in_vain
from services.routing.domain.followup import FollowUp, StaleVersionError
from services.routing.domain.issues import Link
from services.routing.domain.mails import Mail, Reply
from services.routing.domain.ports import (
    Answer,
    FollowUps,
    HistoryEntry,
    RecordedChange,
    Transactions,
)
from services.routing.domain.resurvey import asking_of
from services.routing.domain.sla import StateChange, states_entered
from services.routing.domain.timing import on_the_clock
from services.routing.domain.transitions import Actor
from services.routing.errors import IncompleteError, ReusedKeyError, UnknownFollowUpError
from services.routing.handlers.opening import TOPIC
from shared.contracts.codec import encode, key_of
from shared.contracts.events import FollowUpState
from shared.contracts.records import Outgoing
from shared.ids import derived_id
from shared.program.document import Program


class KeyedRequest(Protocol):
    """A request that a repeat under its key finds again."""

    @property
    def actor(self) -> Actor:
        """Return who asks."""
        ...

    @property
    def key(self) -> str:
        """Return the idempotency key."""
        ...

    @property
    def fingerprint(self) -> bytes:
        """Return a digest of what is asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """Who wants which version of which follow-up changed how.

    `key` is the request's idempotency key, empty without one; `fingerprint` says what was asked
    under it.
    """

    tenant: str
    followup_id: UUID
    expected_version: int
    command: ChangeFollowUp
    actor: Actor
    actor_name: str
    key: str = ""

    @property
    def fingerprint(self) -> bytes:
        """Return a digest of what is asked: equal requests have equal ones."""
        asked = repr((self.followup_id, self.expected_version, self.command))
        return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()


async def change_followup(
    transactions: Transactions,
    request: ChangeRequest,
    *,
    program: Program,
    now: datetime,
    answer_of: Callable[[FollowUp], Answer],
) -> Answer:
    """Change a follow-up as `request` asks and return the answer, which `answer_of` makes.

    With an idempotency key, a repeat gets the first one's answer. Raises RoutingError for what
    is refused; then nothing has changed.
    """
    async with transactions.of(request.tenant) as followups:
        if request.key:
            kept = await kept_answer(followups, request)
            if kept:
                return kept
        followup = await locked(followups, request)
        for command in in_steps(followup, request.command):
            step = replace(request, command=command)
            followup = await carry_out(followups, followup, step, program=program, now=now)
        answer = answer_of(followup)
        if request.key:
            subject = request.actor.subject
            await followups.keep_answer(subject, request.key, answer)
        return answer


async def carry_out(
    followups: FollowUps,
    followup: FollowUp,
    request: ChangeRequest,
    *,
    program: Program,
    now: datetime,
) -> FollowUp:
    """Change a follow-up that the transaction has locked: its row, history, outbox, re-survey.

    Returns it as it is then. Raises RoutingError for what is refused; then nothing has changed.
    """
    await refuse_unknown_issue(followups, request.command.link)
    gives_up = request.command.state is FollowUpState.UNREACHABLE
    tried = await _tried(followups, followup) if gives_up else []
    changed = change(followup, request.command, request.actor, program, now, tried=tried)
    if changed.contact or changed.followup.state is not followup.state:
        changed = await timed(followups, changed, program)
    await write(followups, changed, request)
    if changed.change == FollowUpState.RESOLVED:
        await followups.ask_again(asking_of(changed.followup, program))
    return changed.followup


async def refuse_unknown_issue(followups: FollowUps, link: Link | None) -> None:
    """Raise IncompleteError when the outer loop has told of no such issue."""
    if link and link.issue_id and not await followups.has_issue(link.issue_id):
        raise IncompleteError({"issue_id": "There is no such issue: choose one of the board."})


async def kept_answer(followups: FollowUps, request: KeyedRequest) -> Answer | None:
    """Take the request's key; return the answer of an earlier one. Raises ReusedKeyError."""
    kept = await followups.claim_key(request.actor.subject, request.key, request.fingerprint)
    if kept and kept.fingerprint != request.fingerprint:
        raise ReusedKeyError(
            "This Idempotency-Key was used for another request.",
            remedy="Use a new key for each new request.",
        )
    return kept.answer if kept else None


async def locked(followups: FollowUps, request: ChangeRequest) -> FollowUp:
    """Return the follow-up, locked; raises UnknownFollowUpError or StaleVersionError."""
    followup = await followups.find(request.followup_id, for_update=True)
    if followup is None:
        raise UnknownFollowUpError(f"There is no follow-up {request.followup_id}.")
    if followup.version != request.expected_version:
        raise StaleVersionError(followup, request.expected_version)
    return followup


async def _tried(followups: FollowUps, followup: FollowUp) -> list[ContactAttempt]:
    history = await followups.history(followup)
    attempts = await followups.attempts(followup.followup_id)
    return in_vain(attempts, [(entry.version, entry.change) for entry in history])


async def timed(followups: FollowUps, changed: Changed, program: Program) -> Changed:
    """Return the change with the deadlines that follow from its new state."""
    after = changed.followup
    present = StateChange(
        state=after.state, at=after.changed_at, is_contact=changed.contact is not None
    )
    history = [*map(_state_change, await followups.history(after)), present]
    told = await followups.told(after.followup_id)
    return replace(changed, followup=on_the_clock(after, program, states_entered(history), told))


def _state_change(entry: HistoryEntry) -> StateChange:
    return StateChange(state=entry.state, at=entry.changed_at, is_contact=entry.change == CONTACTED)


async def write(followups: FollowUps, changed: Changed, request: ChangeRequest) -> None:
    """Write a change that the transaction may make: its row, history, outbox and what it is of."""
    followup = changed.followup
    message = encode(event_of(changed, request.actor.subject))
    await followups.update(followup)
    row = RecordedChange(
        followup=followup,
        change=changed.change,
        actor=request.actor.subject,
        actor_name=request.actor_name,
        note=(request.command.note or "").strip() or None,
        message=message.decode(),
        why=changed.why,
        mentioned=changed.mentioned,
    )
    await followups.record([row])
    if changed.contact:
        await followups.add_attempt(_attempt(row, changed.contact))
        if changed.contact.mail:
            await followups.add_reply(_reply(row, changed.contact.mail))
        if changed.contact.message:
            await followups.add_channel_reply(_channel_reply(row, changed.contact.message))
    key = key_of(followup.tenant, followup.voice.customer_id)
    await followups.publish([Outgoing(topic=TOPIC, key=key, value=message)])


def _attempt(row: RecordedChange, contact: Contact) -> ContactAttempt:
    followup = row.followup
    return ContactAttempt(
        followup_id=followup.followup_id,
        version=followup.version,
        tenant=followup.tenant,
        channel=contact.channel,
        outcome=contact.outcome,
        at=followup.changed_at,
        by=row.actor,
        by_name=row.actor_name,
        note=row.note,
    )


def _reply(row: RecordedChange, mail: Mail) -> Reply:
    followup = row.followup
    return Reply(
        reply_id=derived_id("reply", str(followup.followup_id), followup.version),
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        version=followup.version,
        mail=mail,
        by=row.actor,
        created_at=followup.changed_at,
    )


def _channel_reply(row: RecordedChange, message: ChannelMessage) -> ChannelReply:
    followup = row.followup
    return ChannelReply(
        reply_id=derived_id("channel reply", str(followup.followup_id), followup.version),
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        version=followup.version,
        customer_id=followup.voice.customer_id,
        message=message,
        by=row.actor,
        created_at=followup.changed_at,
    )
