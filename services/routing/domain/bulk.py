"""One wish for many follow-ups: each is judged by itself, and can be put back as it was."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.routing.domain.commands import Changed, ChangeFollowUp, change
from services.routing.domain.followup import FollowUp
from services.routing.domain.issues import Link
from services.routing.domain.ports import Filter, FollowUps
from services.routing.domain.transitions import Actor
from services.routing.domain.why import Why
from services.routing.errors import RoutingError
from shared.contracts.events import FollowUpState
from shared.program.document import Program

#: So many at once: one screen's patience, and what one person can answer for.
MOST_IN_A_BULK = 2_000


class Outcome(StrEnum):
    """What became of one follow-up in a bulk. Kept: undoing left it alone."""

    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Who asked for what; `fingerprint` says exactly what."""

    bulk_id: UUID
    subject: str
    fingerprint: bytes
    act: str
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A follow-up of a bulk, as it stands; what is None is not known yet."""

    followup: FollowUp
    version_seen: int
    version_after: int | None = None
    owner_before: str | None = None
    state_before: FollowUpState | None = None
    why_before: Why | None = None
    issue_before: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of an item: the change, or the reason why there is none."""

    item: Item
    outcome: Outcome
    changed: Changed | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """What became of one follow-up, for people."""

    followup_id: UUID
    customer: str
    outcome: Outcome
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a bulk."""

    bulk: Bulk
    items: Sequence[ItemOutcome]

    def those(self, outcome: Outcome) -> list[ItemOutcome]:
        """Return the items with an outcome."""
        return [item for item in self.items if item.outcome is outcome]

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something to put back: a note that was written stays."""
        return (
            self.bulk.act != "note"
            and self.bulk.undone_at is None
            and bool(self.those(Outcome.DONE))
        )


def settle(
    item: Item, command: ChangeFollowUp, actor: Actor, program: Program, now: datetime
) -> Settled:
    """Do to one follow-up what is asked of many, by its own rules and its own version."""
    followup = item.followup
    if followup.version != item.version_seen:
        return _refused(item, "Somebody changed it meanwhile.")
    if command.owner is not None and command.owner == followup.owner:
        return _refused(item, f"It is {program.owner_name(command.owner)}'s already.")
    try:
        changed = change(followup, command, actor, program, now)
    except RoutingError as error:
        return _refused(item, error.detail)
    return Settled(item=item, outcome=Outcome.DONE, changed=changed)


def _refused(item: Item, reason: str) -> Settled:
    return Settled(item=item, outcome=Outcome.REFUSED, reason=reason)


def put_back(item: Item, now: datetime) -> Settled:
    """Give a follow-up owner, state and issue as it had them, unless it was changed since."""
    followup = item.followup
    if followup.version != item.version_after or item.state_before is None:
        return Settled(
            item=item, outcome=Outcome.KEPT, reason="Somebody has changed it since: left alone."
        )
    back = replace(
        followup.next_version(now),
        owner=item.owner_before,
        state=item.state_before,
        why=item.why_before,
        issue_id=item.issue_before,
    )
    link = Link(issue_id=back.issue_id)
    name = "assigned" if followup.issue_id == back.issue_id else link.change
    return Settled(
        item=item,
        outcome=Outcome.UNDONE,
        changed=Changed(followup=back, change=name, why=back.why),
    )


class Bulks(FollowUps, Protocol):
    """One tenant's follow-ups and bulks, in one transaction."""

    async def start(self, bulk: Bulk, now: datetime) -> bool:
        """Keep a new bulk; return False when it was begun before."""
        ...

    async def bulk(self, bulk_id: UUID) -> Bulk | None:
        """Return a bulk, locked until the transaction ends."""
        ...

    async def add(self, bulk_id: UUID, items: Sequence[tuple[UUID, int]]) -> None:
        """Add follow-ups and the versions that were seen; what is not there is refused."""
        ...

    async def next_items(
        self, bulk_id: UUID, outcome: Outcome | None, limit: int
    ) -> Sequence[Item]:
        """Return some items that stand at `outcome`, with their follow-ups locked."""
        ...

    async def settled(self, bulk_id: UUID, settled: Sequence[Settled]) -> None:
        """Write the outcomes, and the follow-ups as they are now."""
        ...

    async def mark_undone(self, bulk_id: UUID, now: datetime) -> None:
        """Keep that the bulk was undone."""
        ...

    async def outcomes(self, bulk_id: UUID) -> Sequence[ItemOutcome]:
        """Return what became of each follow-up."""
        ...


class BulkTransactions(Protocol):
    """Opens transactions for bulks."""

    def of_bulks(self, tenant: str) -> AbstractAsyncContextManager[Bulks]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which follow-ups: those named with the versions seen, or all that match a filter."""

    items: Sequence[tuple[UUID, int]] = ()
    matching: Filter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted of many: the same `key` is the same bulk, `asked` says what was sent."""

    act: str
    command: ChangeFollowUp
    chosen: Chosen
    key: str
    asked: str
