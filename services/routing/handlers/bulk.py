"""A person changes many follow-ups at once: in bounded transactions, each one by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.routing.domain.bulk import (
    MOST_IN_A_BULK,
    Bulk,
    Bulks,
    BulkTransactions,
    Chosen,
    Item,
    Order,
    Outcome,
    Report,
    Settled,
    put_back,
    settle,
)
from services.routing.domain.changes import event_of
from services.routing.domain.commands import Changed
from services.routing.domain.ports import Filter, RecordedChange
from services.routing.domain.transitions import Actor
from services.routing.errors import IncompleteError, ReusedKeyError, UnknownBulkError
from services.routing.handlers.changing import refuse_unknown_issue
from services.routing.handlers.opening import TOPIC
from shared.clock import Clock
from shared.contracts.codec import encode, key_of
from shared.contracts.records import Outgoing
from shared.ids import derived_id
from shared.program.document import Program

#: So many follow-ups are locked at a time: nobody waits long for one of them.
AT_A_TIME = 100
UNDONE = "A change of many was undone."


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """Who wants what done to which follow-ups."""

    tenant: str
    order: Order
    actor: Actor
    actor_name: str

    @property
    def bulk(self) -> Bulk:
        """Return the bulk that the request is: its id follows from who asks and the key."""
        return Bulk(
            bulk_id=derived_id("bulk", self.tenant, self.actor.subject, self.order.key),
            subject=self.actor.subject,
            fingerprint=hashlib.sha256(self.order.asked.encode("utf-8", "surrogatepass")).digest(),
            act=self.order.act,
        )


async def change_many(
    transactions: BulkTransactions, request: BulkRequest, *, program: Program, clock: Clock
) -> Report:
    """Do what is asked to each follow-up that allows it, and report what became of all.

    A repeat under the same key goes on where the first one ended, and reports the same. Raises
    IncompleteError for too many or none, ReusedKeyError for a key of another request.
    """
    bulk = request.bulk
    async with transactions.of_bulks(request.tenant) as bulks:
        await refuse_unknown_issue(bulks, request.order.command.link)
        if await bulks.start(bulk, clock.now()):
            await bulks.add(bulk.bulk_id, await _chosen(bulks, request.order.chosen))
        elif (await _own(bulks, bulk.bulk_id, request.actor)).fingerprint != bulk.fingerprint:
            raise ReusedKeyError(
                "This Idempotency-Key was used for another request.",
                remedy="Use a new key for each new request.",
            )

    def settle_one(item: Item) -> Settled:
        return settle(item, request.order.command, request.actor, program, clock.now())

    note = (request.order.command.note or "").strip() or None
    writer = _Writer(actor=request.actor.subject, actor_name=request.actor_name, note=note)
    await _each(transactions, request.tenant, bulk.bulk_id, None, settle_one, writer)
    return await report_of(transactions, request.tenant, bulk.bulk_id, request.actor)


async def undo_bulk(
    transactions: BulkTransactions,
    tenant: str,
    bulk_id: UUID,
    *,
    actor: Actor,
    actor_name: str,
    clock: Clock,
) -> Report:
    """Put back what a bulk of the same person has changed, but for what was changed since.

    Repeating it does nothing more. Raises UnknownBulkError; IncompleteError for notes, which
    stay.
    """
    async with transactions.of_bulks(tenant) as bulks:
        bulk = await _own(bulks, bulk_id, actor)
        if bulk.act == "note":
            raise IncompleteError({"": "A note that was written stays: it can't be undone."})
        if bulk.undone_at is None:
            await bulks.mark_undone(bulk_id, clock.now())
    writer = _Writer(actor=actor.subject, actor_name=actor_name, note=UNDONE)
    await _each(
        transactions,
        tenant,
        bulk_id,
        Outcome.DONE,
        lambda item: put_back(item, clock.now()),
        writer,
    )
    return await report_of(transactions, tenant, bulk_id, actor)


async def report_of(
    transactions: BulkTransactions, tenant: str, bulk_id: UUID, actor: Actor
) -> Report:
    """Return what became of a bulk; raises UnknownBulkError unless it is the person's own."""
    async with transactions.of_bulks(tenant) as bulks:
        bulk = await _own(bulks, bulk_id, actor)
        return Report(bulk=bulk, items=await bulks.outcomes(bulk_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Writes changes into histories and the outbox, as a single change is written."""

    actor: str
    actor_name: str
    note: str | None

    async def write(self, bulks: Bulks, changes: Sequence[Changed]) -> None:
        rows = [self._row(one) for one in changes]
        if rows:
            await bulks.record(rows)
            await bulks.publish([_message(row) for row in rows])

    def _row(self, changed: Changed) -> RecordedChange:
        return RecordedChange(
            followup=changed.followup,
            change=changed.change,
            actor=self.actor,
            actor_name=self.actor_name,
            note=self.note,
            message=encode(event_of(changed, self.actor)).decode(),
            why=changed.why,
            mentioned=changed.mentioned,
        )


def _message(row: RecordedChange) -> Outgoing:
    followup = row.followup
    key = key_of(followup.tenant, followup.voice.customer_id)
    return Outgoing(topic=TOPIC, key=key, value=row.message.encode())


async def _each(
    transactions: BulkTransactions,
    tenant: str,
    bulk_id: UUID,
    outcome: Outcome | None,
    settle_one: Callable[[Item], Settled],
    writer: _Writer,
) -> None:
    """Settle all items that stand at `outcome`, some in each transaction."""
    while True:
        async with transactions.of_bulks(tenant) as bulks:
            await bulks.bulk(bulk_id)  # whoever else goes on with it waits
            items = await bulks.next_items(bulk_id, outcome, AT_A_TIME)
            if not items:
                return
            settled = [settle_one(item) for item in items]
            await bulks.settled(bulk_id, settled)
            await writer.write(bulks, [one.changed for one in settled if one.changed])


async def _chosen(bulks: Bulks, chosen: Chosen) -> Sequence[tuple[UUID, int]]:
    items = chosen.items
    if chosen.matching is not None:
        items = await _matching(bulks, chosen.matching)
    if not items:
        raise IncompleteError({"items": "Choose at least one follow-up."})
    if len(items) > MOST_IN_A_BULK:
        raise IncompleteError(
            {"items": f"These are more than {MOST_IN_A_BULK:,}: narrow the filter."}
        )
    return items


async def _matching(bulks: Bulks, wanted: Filter) -> Sequence[tuple[UUID, int]]:
    found = await bulks.page(await bulks.looked_up(wanted), None, MOST_IN_A_BULK + 1)
    return [(one.followup_id, one.version) for one in found]


async def _own(bulks: Bulks, bulk_id: UUID, actor: Actor) -> Bulk:
    bulk = await bulks.bulk(bulk_id)
    if bulk is None or bulk.subject != actor.subject:
        raise UnknownBulkError(f"There is no bulk {bulk_id} of yours.")
    return bulk
