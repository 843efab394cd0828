"""The shapes in which events pass between Kafka, the services' handlers and PostgreSQL.

What is made once for each event is a named tuple: a frozen dataclass takes five times as long to
make, which would be a tenth of the time that an event costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from shared.errors import ClosedLoopError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Record(NamedTuple):
    """One message as it lies on a topic: bytes and where they are."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp_ms: int = 0


class Rejected(ClosedLoopError):  # noqa: N818  (a verdict on a record, not a fault of ours)
    """A record that cannot be handled, and why: it becomes a dead letter.

    `code` is one of a small stable set of words (docs/guides/publishers.md), `field` the place
    in the event that is at fault, in dotted form, or empty.
    """

    def __init__(self, code: str, detail: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(detail, remedy=remedy)
        self.code = code
        self.field = field


class Entry(NamedTuple, Generic[T_co]):
    """A record and what decoding made of it: an event, or the reason why it is none."""

    record: Record
    decoded: T_co | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Generic[T_co]):
    """Consecutive records of one partition, handled in one transaction.

    The batch accounts for every offset from `first_offset` to `last_offset`. Offsets between
    that hold no record (a publisher's transaction markers) are `absent`.
    """

    topic: str
    topic_id: UUID
    partition: int
    first_offset: int
    last_offset: int
    entries: Sequence[Entry[T_co]]

    @property
    def absent(self) -> int:
        """How many of the batch's offsets hold no record."""
        return self.last_offset - self.first_offset + 1 - len(self.entries)


class Outgoing(NamedTuple):
    """A message to publish."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = MappingProxyType({})


class Outcome(NamedTuple):
    """What became of one event.

    `fresh` is false when an earlier record had brought the event already. `effect` is false
    when the event had to leave nothing behind (a happy customer needs no follow-up).
    `outgoing` is what the event leads to, also when it is not fresh: nobody knows whether it
    was published before a crash.
    """

    fresh: bool = True
    effect: bool = True
    outgoing: Sequence[Outgoing] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What is in the database now and must be published before the batch is acknowledged.

    `rejected` are the batch's dead letters: decided now, or by an earlier attempt that stands.
    """

    outgoing: Sequence[Outgoing] = ()
    rejected: Sequence[tuple[Record, Rejected]] = ()
