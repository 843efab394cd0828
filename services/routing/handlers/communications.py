"""loop.communication.v1: customers are told what changed, and the outer loop what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.routing.domain.changes import event_of
from services.routing.domain.commands import Changed
from services.routing.domain.communications import (
    TOLD_OF_CHANGE,
    Addressee,
    Before,
    Communications,
    OpenCommunications,
    State,
    Telling,
    Wordings,
    tell,
    telling_id_of,
    told_event,
)
from services.routing.domain.ports import RecordedChange
from services.routing.handlers.opening import TOPIC as CHANGED
from shared.clock import Clock
from shared.contracts.codec import encode, key_of
from shared.contracts.communications import LoopCommunicationSent
from shared.contracts.records import Outcome, Outgoing
from shared.program.document import Program

TOLD: Final = "loop.communication.told.v1"
#: Who tells customers what changed: the outer loop, for a person who approved it.
OUTER_LOOP = "outer_loop"


async def take_communications(
    communications: Communications,
    events: Sequence[LoopCommunicationSent],
    *,
    programs: Mapping[str, Program],
    wordings: Wordings,
    clock: Clock,
) -> list[Outcome]:
    """Have each customer told who may be; return an outcome for each event, in order.

    The outcome of a customer who can't be told says so, each time its event comes. `programs`
    holds every tenant of the events.
    """
    distinct = {telling_id_of(event): event for event in reversed(events)}
    known = await communications.known(sorted(distinct))
    fresh = [distinct[id_] for id_ in sorted(distinct) if id_ not in known]
    new = await _told(communications, fresh, programs, wordings, clock.now())
    kept = {**known, **{one.telling_id: one for one in new}}
    untold = {one.telling_id for one in new}
    outcomes = []
    for event in events:
        telling = kept[telling_id_of(event)]
        outgoing = [_settled_message(telling)] if telling.state == "not_reachable" else []
        outcomes.append(Outcome(fresh=telling.telling_id in untold, outgoing=outgoing))
        untold.discard(telling.telling_id)
    return outcomes


async def _told(
    communications: Communications,
    fresh: Sequence[LoopCommunicationSent],
    programs: Mapping[str, Program],
    wordings: Wordings,
    now: datetime,
) -> list[Telling]:
    if not fresh:
        return []
    addressees = await communications.addressees(fresh)
    told_now: dict[tuple[str, str], Before] = defaultdict(Before)
    tellings = []
    for event in fresh:
        customer = (event.tenant, event.data.customer_id)
        to = _with(addressees[telling_id_of(event)], told_now[customer])
        telling = tell(
            event,
            to,
            wordings=wordings.of(programs[event.tenant]),
            program=programs[event.tenant],
            now=now,
        )
        if telling.state == "queued":
            told_now[customer] = Before(issues=frozenset({telling.issue_id}), last=now)
        tellings.append(telling)
    await communications.add(tellings)
    return tellings


def _with(to: Addressee, told_now: Before) -> Addressee:
    """Return the addressee with what the same batch tells them."""
    return Addressee(
        followup=to.followup,
        is_erased=to.is_erased,
        before=Before(
            issues=to.before.issues | told_now.issues, last=told_now.last or to.before.last
        ),
    )


async def settle(
    open_communications: OpenCommunications,
    telling_id: UUID,
    state: State,
    *,
    now: datetime,
    why_not: str | None = None,
    fault: str = "",
) -> bool:
    """Keep what became of a queued mail, in one transaction with all that tells of it.

    The outer loop hears of it, and a customer's case says that they were told. Returns whether
    this was news: what is settled stays as it is.
    """
    async with open_communications() as communications:
        telling = await communications.settle(telling_id, state, why_not, now, fault)
        if telling is None:
            return False
        messages = [_settled_message(telling)]
        if state == "sent":
            messages += await _noted(communications, telling, now)
        await communications.publish(messages)
        return True


async def _noted(communications: Communications, telling: Telling, now: datetime) -> list[Outgoing]:
    """Say in the case's history that its customer was told."""
    followup = await communications.locked(telling.named_id)
    if followup is None:
        return []
    changed = Changed(followup=followup.next_version(now), change=TOLD_OF_CHANGE)
    message = encode(event_of(changed, OUTER_LOOP))
    row = RecordedChange(
        followup=changed.followup,
        change=changed.change,
        actor=OUTER_LOOP,
        actor_name=telling.approved_by,
        note=telling.texts[telling.language or "en"],
        message=message.decode(),
    )
    await communications.note(row)
    key = key_of(telling.tenant, telling.customer_id)
    return [Outgoing(topic=CHANGED, key=key, value=message)]


def _settled_message(telling: Telling) -> Outgoing:
    key = key_of(telling.tenant, telling.customer_id)
    return Outgoing(topic=TOLD, key=key, value=encode(told_event(telling)))
