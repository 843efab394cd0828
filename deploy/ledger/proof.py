"""What the ledger proves, and where it does not: pure comparison, no servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Break:
    """A place where one batch does not begin right behind the one before."""

    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one group has entered of one partition."""

    first_offset: int
    last_offset: int
    batches: int
    handled: int
    duplicates: int
    dead_letters: int
    absent: int
    breaks: Sequence[Break] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionProof:
    """One group's account of one partition, held against what the broker has.

    `gaps` and `overlaps` name ranges of offsets, both ends included. `pending` offsets lie
    behind the last batch: they are on their way.
    """

    group: str
    topic: str
    partition: int
    handled: int
    duplicates: int
    dead_letters: int
    absent: int
    pending: int
    gaps: Sequence[tuple[int, int]] = ()
    overlaps: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The ledger says that a group left so much behind; the tables hold another number."""

    group: str
    topic: str
    what: str
    ledger: int
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The whole proof. It holds when nothing is missing, double or at odds."""

    partitions: Sequence[PartitionProof]
    mismatches: Sequence[Mismatch] = field(default=())

    @property
    def gaps(self) -> int:
        """How many ranges of offsets have no outcome, though later ones have."""
        return sum(len(partition.gaps) for partition in self.partitions)

    @property
    def overlaps(self) -> int:
        """How many ranges of offsets have more than one outcome."""
        return sum(len(partition.overlaps) for partition in self.partitions)

    @property
    def pending(self) -> int:
        """How many events are still on their way."""
        return sum(partition.pending for partition in self.partitions)

    @property
    def holds(self) -> bool:
        """Whether every event that was read has exactly one outcome."""
        return not (self.gaps or self.overlaps or self.mismatches)


def prove_partition(
    group: str, topic: str, partition: int, *, start: int, end: int, account: Account | None
) -> PartitionProof:
    """Hold `account` against a partition with offsets from `start` up to, not including, `end`.

    A first batch behind `start` leaves a gap: those events were never read. A first batch
    before `start` is an older one, whose events retention has removed since.
    """
    if account is None:
        return _proof(group, topic, partition, pending=end - start)
    gaps = [(b.expected, b.found - 1) for b in account.breaks if b.found > b.expected]
    overlaps = [(b.found, b.expected - 1) for b in account.breaks if b.found < b.expected]
    if account.first_offset > start:
        gaps.insert(0, (start, account.first_offset - 1))
    return PartitionProof(
        group=group,
        topic=topic,
        partition=partition,
        handled=account.handled,
        duplicates=account.duplicates,
        dead_letters=account.dead_letters,
        absent=account.absent,
        pending=max(0, end - 1 - account.last_offset),
        gaps=gaps,
        overlaps=overlaps,
    )


def _proof(group: str, topic: str, partition: int, *, pending: int) -> PartitionProof:
    return PartitionProof(
        group=group,
        topic=topic,
        partition=partition,
        handled=0,
        duplicates=0,
        dead_letters=0,
        absent=0,
        pending=pending,
    )


def mismatches(
    what: str,
    ledger: Mapping[tuple[str, str], int],
    tables: Mapping[tuple[str, str], int],
) -> list[Mismatch]:
    """Return where the ledger's counts by group and topic differ from the tables'."""
    return [
        Mismatch(
            group=group,
            topic=topic,
            what=what,
            ledger=ledger.get((group, topic), 0),
            tables=tables[group, topic],
        )
        for group, topic in sorted(tables)
        if ledger.get((group, topic), 0) != tables[group, topic]
    ]
