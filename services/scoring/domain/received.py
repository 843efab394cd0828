"""A feedback event, and when the broker took it in.

The moment comes from the record and not from a clock: the same topic, read again, leads to the
same scores.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Record


class Received(NamedTuple):
    """A feedback event and its record's moment, which the broker wrote."""

    event: FeedbackSubmitted
    at: datetime

    @property
    def tenant(self) -> str:
        """Whose event it is."""
        return self.event.tenant


def receiver(decode: Callable[[Record], FeedbackSubmitted]) -> Callable[[Record], Received]:
    """Return a function that decodes as `decode` does, Rejected included, and adds the moment."""

    def receive(record: Record) -> Received:
        return Received(decode(record), _moment(record.timestamp_ms))

    return receive


# The broker takes in many records at one moment: they share what is made of it, its hash too.
@lru_cache(maxsize=1_000)
def _moment(timestamp_ms: int) -> datetime:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
