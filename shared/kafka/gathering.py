"""Commits in one transaction what waits at the same time.

A transaction costs nearly as much for one record as for hundreds: its round trips, the locks that
others wait for, and writing to the disk. Where little arrives, each partition brings a record or
two, and a transaction for each of them would be what limits how soon they are seen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from shared.contracts.records import Batch, Committed
from shared.errors import TransientError
from shared.kafka.transport import CHUNK_RECORDS

T = TypeVar("T")

#: Commits batches in one transaction, all or none, and answers for each, in order.
Commit = Callable[[Sequence[Batch[T]]], Awaitable[Sequence[Committed]]]

#: Transactions side by side: while the database works on one, the next is made ready.
GROUPS_AT_ONCE = 3


class _Waiting(NamedTuple, Generic[T]):
    batch: Batch[T]
    answer: asyncio.Future[Committed]


class Gathering(Generic[T]):
    """Puts the batches of partitions that are handled side by side into common transactions."""

    def __init__(self, commit: Commit[T]) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting[T]] = deque()
        self._groups: set[asyncio.Task[None]] = set()

    async def commit(self, batch: Batch[T]) -> Committed:
        """Commit `batch`, alone or with others; return what its events lead to.

        Raises what committing it raises. What another batch's events raise is not its concern.
        """
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._go_on()
        return await waiting.answer

    def _go_on(self) -> None:
        if self._waiting and len(self._groups) < GROUPS_AT_ONCE:
            group = asyncio.create_task(self._settle_next())
            self._groups.add(group)
            group.add_done_callback(self._end)

    def _end(self, group: asyncio.Task[None]) -> None:
        self._groups.discard(group)
        self._go_on()

    async def _settle_next(self) -> None:
        if group := self._next_group():
            await self._settle(group)

    def _next_group(self) -> Sequence[_Waiting[T]]:
        """Take what waits, first come first, up to one chunk's worth of records."""
        group: list[_Waiting[T]] = []
        room = CHUNK_RECORDS
        while self._waiting and (not group or len(self._waiting[0].batch.entries) <= room):
            group.append(self._waiting.popleft())
            room -= len(group[-1].batch.entries)
        return group

    async def _settle(self, group: Sequence[_Waiting[T]]) -> None:
        try:
            answers = await self._commit([one.batch for one in group])
        except TransientError as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001  (whoever waits is given it)
            if len(group) == 1:
                _fail(group, error)
            else:  # one of them is at fault, and its fault alone it shall be
                for one in group:
                    await self._settle([one])
        else:
            for one, answer in zip(group, answers, strict=True):
                if not one.answer.cancelled():
                    one.answer.set_result(answer)


def _fail(group: Sequence[_Waiting[T]], error: Exception) -> None:
    for one in group:
        if not one.answer.cancelled():
            one.answer.set_exception(error)
