"""What the handler needs from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.scoring.domain.history import Customer, Said


class ScoredEvent(NamedTuple):
    """A scored event as it is kept; `message` is the event that is published."""

    feedback_id: UUID
    received_at: datetime
    tenant: str
    customer_id: str
    touchpoint: str
    occurred_at: datetime
    category: str
    severity: str
    flagged: bool
    rule: str | None
    program_version: int
    language: str | None
    review: str | None
    co_creation: bool
    message: str


class Kept(NamedTuple):
    """What was published for an event: whom it is about, which is its key, and the message."""

    customer_id: str
    message: str


class Scores(Protocol):
    """Keeps scored events, in the transaction of one batch."""

    async def add(self, scored: Sequence[ScoredEvent]) -> Collection[UUID]:
        """Keep those that are new; return the ids of those that were there before.

        No id may stand twice in `scored`.
        """
        ...

    async def said_by(self, customers: Sequence[Customer]) -> Sequence[tuple[Customer, Said]]:
        """Return the last MOST_EARLIER things that each of `customers` said, as far as kept."""
        ...

    async def kept(self, ids: Collection[UUID]) -> Mapping[UUID, Kept]:
        """Return what was published for `ids`."""
        ...
