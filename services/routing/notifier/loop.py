"""The loop of what is delivered: many at once, each taken for a while, tried, and settled.

What is due is taken for a while (its lease), sent outside any transaction, and settled. Killed
between, it is taken again when the lease has run out: the receiver may see it twice, under the
same id, and never not at all.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from services.routing.domain.deliveries import Attempt
from shared.clock import Clock
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS

#: Nobody wakes us for what is due again.
LOOK_ANYWAY_S = 1.0
_PAUSE_WHEN_AWAY_S = 2.0

log = structlog.get_logger()

#: Work that is done beside, and how many seconds lie between.
Chore = tuple[Callable[[], Awaitable[None]], float]


class Claimed(Protocol):
    """What is ours to try: its id, and whose places it takes while it is tried."""

    @property
    def delivery_id(self) -> UUID:
        """Return what tells it from the others."""
        ...

    @property
    def receiver(self) -> UUID:
        """Return what it shares its places with."""
        ...


C = TypeVar("C", bound=Claimed)


@dataclass(slots=True, kw_only=True)
class Loop(ABC, Generic[C]):
    """Delivers until it is told to stop, never more than `most_at_once`."""

    clock: Clock
    lease: timedelta
    most_at_once: int
    chance: Callable[[], float] = random.random
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _under_way: Counter[UUID] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @abstractmethod
    async def _claim(self, now: datetime, until: datetime, room: int) -> Sequence[C]:
        """Take up to `room` that are due at `now`, for ourselves alone `until` then."""

    @abstractmethod
    async def _try(self, claim: C) -> Attempt:
        """Try once and tell what came of it."""

    @abstractmethod
    async def _settle(self, claim: C, attempt: Attempt) -> None:
        """Keep what came of it."""

    @abstractmethod
    def _listen(self) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `_wake` called whenever something is added; give what tells that this works."""

    def _chores(self) -> Sequence[Chore]:
        """Return what is to be done beside."""
        return ()

    async def run(self) -> None:
        """Deliver until `stop` is called; then finish what is under way.

        Raises what nobody foresaw, as a group: the process ends, and the next one goes on.
        """
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._regularly(work, every_s))
                for work, every_s in self._chores()
            ]
            while not self._stopping:
                try:
                    await self._listen_and_deliver()
                except (TransientError, *TRANSIENT_ERRORS) as error:
                    log.warning("waits for a server", error=str(error))
                    await asyncio.sleep(_PAUSE_WHEN_AWAY_S)
            for task in beside:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True
        self._wake()

    async def _listen_and_deliver(self) -> None:
        async with self._listen() as is_listening:
            while is_listening() and not self._stopping:
                self._woken.clear()
                if not await self._take_some():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), LOOK_ANYWAY_S)

    def _wake(self, *_: object) -> None:
        self._woken.set()

    async def _take_some(self) -> bool:
        """Take what is due and has room; tell whether there was any."""
        room = self.most_at_once - len(self._tasks)
        if room <= 0:
            return False
        now = self.clock.now()
        claims = await self._claim(now, now + self.lease, room)
        for claim in claims:
            self._under_way[claim.receiver] += 1
            task = asyncio.create_task(self._deliver(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claims)

    async def _deliver(self, claim: C) -> None:
        """Try and settle one delivery: the outermost frame around one receiver's doings."""
        try:
            await self._settle(claim, await self._attempt(claim))
        except (TransientError, *TRANSIENT_ERRORS) as error:
            # It may have arrived and could not be noted: it comes again when the lease is over.
            log.warning("waits for a server", delivery=str(claim.delivery_id), error=str(error))
        except Exception:  # one message that trips us must not stop the others
            log.exception("could not be noted", delivery=str(claim.delivery_id))
        finally:
            self._under_way[claim.receiver] -= 1
            if not self._under_way[claim.receiver]:
                del self._under_way[claim.receiver]
            self._wake()

    async def _attempt(self, claim: C) -> Attempt:
        try:
            return await self._try(claim)
        except Exception as error:  # one message that trips us must not stop the others
            log.exception("an attempt broke", delivery=str(claim.delivery_id))
            return Attempt(status=None, fault=f"A fault of ours: {type(error).__name__}.")

    async def _regularly(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            try:
                await work()
            except (TransientError, *TRANSIENT_ERRORS) as error:
                log.warning("waits for a server", error=str(error))
            await asyncio.sleep(every_s)
