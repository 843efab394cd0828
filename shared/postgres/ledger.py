"""The ledger: each batch's effects and its account of every offset, in one transaction.

Entering the batch together with its effects is what makes the proof possible: an offset stands
in the ledger exactly when its effects are in the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import asyncpg

from shared.contracts.records import Batch, Committed, Entry, Outcome, Record, Rejected
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS, UNUSABLE_VALUES, Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parent / "sql" / "ledger.sql")

T = TypeVar("T")

#: A service's handler: the effects of events, set-based, inside the transaction it is given.
#: It answers with one outcome for each event, in order, and answers the same for a repeat.
Effects = Callable[[Connection, Sequence[T]], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of offsets, both ends included."""

    first: int
    last: int


def uncovered(span: Span, covered: Sequence[Span]) -> list[Span]:
    """Return the parts of `span` that no range of `covered` holds, in order.

    `covered` is sorted and free of overlaps.
    """
    parts = []
    start = span.first
    for other in covered:
        if other.first > start:
            parts.append(Span(start, min(other.first - 1, span.last)))
        start = max(start, other.last + 1)
    if start <= span.last:
        parts.append(Span(start, span.last))
    return [part for part in parts if part.first <= part.last]


class _Judged(NamedTuple):
    record: Record
    verdict: Outcome | Rejected


class _VerdictStands(Exception):  # noqa: N818  (a turn of events inside this module, no fault)
    """Records that are judged well now were entered as dead letters by an earlier attempt."""

    def __init__(self, partition: int, rejected: Mapping[int, Rejected]) -> None:
        super().__init__(f"partition {partition}, offsets {sorted(rejected)}")
        self.partition = partition
        self.rejected = rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgeredCommit(Generic[T]):
    """Commits batches for one consumer group: effects and ledger rows, or neither."""

    pool: Pool
    group: str
    effects: Effects[T]

    async def __call__(self, batches: Sequence[Batch[T]]) -> Sequence[Committed]:
        """Commit one topic's batches of different partitions in one transaction.

        Returns what the events of each lead to, those seen before included. Raises
        TransientError when the database is away or busy; any other error says that one of the
        events can't be handled, and the transaction has left nothing.
        """
        while True:
            try:
                return await self._in_transaction(batches)
            except _VerdictStands as earlier:
                batches = [_with_verdicts(batch, earlier) for batch in batches]

    async def _in_transaction(self, batches: Sequence[Batch[T]]) -> Sequence[Committed]:
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                return await self._commit(connection, batches)
        except UNUSABLE_VALUES:
            raise
        except TRANSIENT_ERRORS as error:
            raise TransientError(f"PostgreSQL: {type(error).__name__}: {error}") from error
        except asyncpg.ExclusionViolationError as error:
            # Another worker, which has lost the partition without knowing it, has entered the
            # same offsets a moment ago: seen again, they are old.
            raise TransientError(f"The ledger was written by another: {error}") from error

    async def _commit(
        self, connection: Connection, batches: Sequence[Batch[T]]
    ) -> Sequence[Committed]:
        events = [
            entry.decoded
            for batch in batches
            for entry in batch.entries
            if not isinstance(entry.decoded, Rejected)
        ]
        outcomes = iter(await self.effects(connection, events) if events else ())
        return [await self._account(connection, batch, outcomes) for batch in batches]

    async def _account(
        self, connection: Connection, batch: Batch[T], outcomes: Iterator[Outcome]
    ) -> Committed:
        """Enter `batch` with the next of the outcomes, as many as it has events."""
        judged = [
            _Judged(
                entry.record,
                entry.decoded if isinstance(entry.decoded, Rejected) else next(outcomes),
            )
            for entry in batch.entries
        ]
        await self._enter(connection, batch, judged)
        return Committed(
            outgoing=[
                message
                for one in judged
                if isinstance(one.verdict, Outcome)
                for message in one.verdict.outgoing
            ],
            rejected=[(j.record, j.verdict) for j in judged if isinstance(j.verdict, Rejected)],
        )

    async def _enter(
        self, connection: Connection, batch: Batch[T], judged: Sequence[_Judged]
    ) -> None:
        span = Span(batch.first_offset, batch.last_offset)
        if not await self._enter_span(connection, batch, span, judged):
            await self._check_verdicts(connection, batch, judged)
            for part in await self._not_entered(connection, batch, span):
                within = [j for j in judged if part.first <= j.record.offset <= part.last]
                await self._enter_span(connection, batch, part, within)

    async def _check_verdicts(
        self, connection: Connection, batch: Batch[T], judged: Sequence[_Judged]
    ) -> None:
        """Let a dead letter stay one, though a program or a decoder has changed meanwhile."""
        rows = await connection.fetch(
            QUERIES["entered_dead_letters"],
            self.group,
            batch.topic_id,
            batch.partition,
            [j.record.offset for j in judged if isinstance(j.verdict, Outcome)],
        )
        if rows:
            raise _VerdictStands(
                batch.partition,
                {
                    offset: Rejected(code, detail, field=field)
                    for offset, code, field, detail in rows
                },
            )

    async def _not_entered(self, connection: Connection, batch: Batch[T], span: Span) -> list[Span]:
        ranges = await connection.fetch(
            QUERIES["entered_ranges"],
            self.group,
            batch.topic_id,
            batch.partition,
            span.first,
            span.last,
        )
        return uncovered(span, [Span(*row) for row in ranges])

    async def _enter_span(
        self, connection: Connection, batch: Batch[T], span: Span, judged: Sequence[_Judged]
    ) -> bool:
        outcomes = [j.verdict for j in judged if isinstance(j.verdict, Outcome)]
        fresh = [outcome for outcome in outcomes if outcome.fresh]
        entered: bool | None = await connection.fetchval(
            QUERIES["enter"],
            self.group,
            batch.topic,
            batch.topic_id,
            batch.partition,
            span.first,
            span.last,
            len(fresh),
            sum(outcome.effect for outcome in fresh),
            len(outcomes) - len(fresh),
            len(judged) - len(outcomes),
            span.last - span.first + 1 - len(judged),
        )
        if entered:
            await self._enter_dead_letters(connection, batch, judged)
        return entered is True

    async def _enter_dead_letters(
        self, connection: Connection, batch: Batch[T], judged: Sequence[_Judged]
    ) -> None:
        rejected = [(j.record.offset, j.verdict) for j in judged if isinstance(j.verdict, Rejected)]
        if not rejected:
            return
        await connection.execute(
            QUERIES["enter_dead_letters"],
            self.group,
            batch.topic,
            batch.topic_id,
            batch.partition,
            [offset for offset, _ in rejected],
            [reason.code for _, reason in rejected],
            [reason.field for _, reason in rejected],
            [reason.detail for _, reason in rejected],
        )


def _with_verdicts(batch: Batch[T], earlier: _VerdictStands) -> Batch[T]:
    if batch.partition != earlier.partition:
        return batch
    entries = [
        Entry(entry.record, earlier.rejected.get(entry.record.offset, entry.decoded))
        for entry in batch.entries
    ]
    return replace(batch, entries=entries)
