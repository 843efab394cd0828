"""Stored events in the shape in which they are scored again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.scoring.domain.history import MOST_EARLIER, NOTHING_EARLIER, Earlier, History, Said


class StoredEvent(NamedTuple):
    """An event as it is kept: what was decided about it, and the message that was published."""

    feedback_id: UUID
    customer_id: str
    received_at: datetime
    occurred_at: datetime
    flagged: bool
    severity: str
    rule: str | None
    program_version: int
    message: str


class Chunk(NamedTuple):
    """Events to score again; `before` are those that their first customer said just before.

    `confirmed` has, for the events whose follow-up is resolved, the reason that the owner found.
    """

    before: Sequence[StoredEvent]
    events: Sequence[StoredEvent]
    confirmed: Mapping[UUID, str]


def with_what_came_before(
    batches: Iterable[Sequence[StoredEvent]],
) -> Iterator[tuple[Sequence[StoredEvent], Sequence[StoredEvent]]]:
    """Put before each of `batches`, ordered by customer, what its first customer said earlier.

    No more than the worker looks at: a customer of a million events needs no more memory.
    """
    before: deque[StoredEvent] = deque(maxlen=MOST_EARLIER)
    for events in batches:
        if before and before[0].customer_id != events[0].customer_id:
            before.clear()
        yield list(before), events
        last = events[-1].customer_id
        if before and before[0].customer_id != last:
            before.clear()
        before.extend(event for event in events if event.customer_id == last)


class Past:
    """What the customer at hand said before, as one program sees it."""

    def __init__(self) -> None:
        self._customer = ""
        self._said: deque[Said] = deque(maxlen=MOST_EARLIER)

    def before(self, event: StoredEvent) -> Earlier:
        """Count what the customer of `event` said before it."""
        if event.customer_id != self._customer or not self._said:
            return NOTHING_EARLIER
        customer = ("", self._customer)
        told = History((customer, said) for said in self._said)
        return told.before(customer, event.feedback_id, event.occurred_at)

    def add(self, event: StoredEvent, category: str) -> None:
        """Take note of `event`; events come customer by customer, in order."""
        if event.customer_id != self._customer:
            self._customer = event.customer_id
            self._said.clear()
        said = Said(event.received_at, event.feedback_id, event.occurred_at, category)
        self._said.append(said)
