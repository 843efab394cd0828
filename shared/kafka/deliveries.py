"""Which records of each partition were handed out, and how far they are finished.

Faust keeps this account for single messages. Here a delivery is a chunk: consecutive records of
one partition, finished as a whole.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from faust.types import TP


class RawRecord(Protocol):
    """A record as the Kafka client delivers it."""

    @property
    def offset(self) -> int: ...  # noqa: D102  (the words are Kafka's own)
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102


R = TypeVar("R", bound=RawRecord)


@dataclass(slots=True, eq=False)
class Chunk:
    """Consecutive records of one partition, handed out together.

    It accounts for the offsets from `first_offset`, which may lie before the first record
    where offsets hold none, to the last record's.
    """

    partition: TP
    first_offset: int
    records: Sequence[RawRecord]
    finished: bool = False

    @property
    def last_offset(self) -> int:
        """The offset of the last record."""
        return self.records[-1].offset


@dataclass(frozen=True, slots=True)
class Hole:
    """Offsets from `expected` up to `found` did not come: are they really not there?"""

    expected: int
    found: int


@dataclass(slots=True)
class _Account:
    expected: int | None = None
    refused: Hole | None = None
    finished_to: int | None = None
    chunks: deque[Chunk] = field(default_factory=deque)


class Deliveries:
    """The account of one consumer, over the partitions that it has been assigned."""

    def __init__(self) -> None:
        self._accounts: defaultdict[TP, _Account] = defaultdict(_Account)

    def start(self, partition: TP, committed: int | None) -> None:
        """Expect `partition` to go on at `committed`, unless something was delivered already."""
        account = self._accounts[partition]
        if account.expected is None:
            account.expected = committed

    def expected(self, partition: TP) -> int | None:
        """Return the offset that must come next, None where any may."""
        return self._accounts[partition].expected

    def outstanding(self, partition: TP) -> int:
        """Return how many chunks were handed out and are not finished."""
        return len(self._accounts[partition].chunks)

    def trimmed(self, partition: TP, records: Sequence[R]) -> Sequence[R]:
        """Return `records` without those that were delivered before."""
        expected = self._accounts[partition].expected
        if expected is None or not records or records[0].offset >= expected:
            return records
        return [record for record in records if record.offset >= expected]

    def hole_before(self, partition: TP, records: Sequence[RawRecord]) -> Hole | None:
        """Return the hole between what is expected and `records`, None where there is none."""
        expected = self._accounts[partition].expected
        if expected is None or records[0].offset <= expected:
            return None
        return Hole(expected, records[0].offset)

    def is_confirmed(self, partition: TP, hole: Hole) -> bool:
        """Tell whether a second fetch showed the same hole; the first time it is remembered."""
        account = self._accounts[partition]
        confirmed = account.refused == hole
        account.refused = None if confirmed else hole
        return confirmed

    def hand_out(self, chunk: Chunk) -> None:
        """Take note of a chunk, in the order in which chunks are handed out."""
        account = self._accounts[chunk.partition]
        account.expected = chunk.last_offset + 1
        account.refused = None
        account.chunks.append(chunk)

    def finish(self, chunk: Chunk) -> None:
        """Take note that all of `chunk` is done with."""
        chunk.finished = True
        account = self._accounts[chunk.partition]
        while account.chunks and account.chunks[0].finished:
            account.finished_to = account.chunks.popleft().last_offset + 1

    def committable(self, partition: TP) -> int | None:
        """Return the offset up to which all is finished: the next one to read after a restart.

        None where nothing has been finished.
        """
        return self._accounts[partition].finished_to

    def partitions(self) -> list[TP]:
        """Return the partitions that something is known of."""
        return list(self._accounts)

    def forget(self, partitions: Iterable[TP]) -> None:
        """Forget partitions that were taken away, or are newly given."""
        for partition in partitions:
            self._accounts.pop(partition, None)
