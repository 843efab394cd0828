"""The loop of the clock process: all that is due, then sleep until the next moment or a change.

It keeps nothing in memory that the database does not have: each part of a duty is one
transaction, so that a process killed anywhere has either done it or not, and several may run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.routing.clock.duties import Duty
from shared.clock import Clock
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS

#: How long it sleeps at most: nobody wakes it when a program starts to count.
LOOK_ANYWAY_S = 5.0
#: How long it sleeps at least, however often follow-ups change.
_REST_S = 0.25
_PAUSE_WHEN_AWAY_S = 2.0

#: Has a function called whenever follow-ups change; gives what tells that this still works.
Woken = Callable[[Callable[..., None]], AbstractAsyncContextManager[Callable[[], bool]]]

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class ClockWork:
    """Does `duties` until it is told to stop."""

    duties: Sequence[Duty]
    clock: Clock
    woken: Woken
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Do what comes due until `stop` is called; a part under way is finished.

        Raises what nobody foresaw: the process ends, and the next one goes on.
        """
        while not self._stop.is_set():
            try:
                async with self.woken(self._wake) as is_listening:
                    while is_listening() and not self._stop.is_set():
                        await self._do_and_sleep()
            except (TransientError, *TRANSIENT_ERRORS) as error:
                log.warning("waits for a server", error=str(error))
                await self._sleep(_PAUSE_WHEN_AWAY_S)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()
        self._changed.set()

    async def do_all(self) -> int:
        """Do all that is due now, unless it is told to stop; return how much that was."""
        done = 0
        for duty in self.duties:
            while not self._stop.is_set() and (some := await duty.do_some(self.clock.now())):
                log.info("done", duty=duty.name, number=some)
                done += some
        return done

    async def _do_and_sleep(self) -> None:
        self._changed.clear()
        await self.do_all()
        sleep_s = await self._until_next_s()
        await self._sleep(min(sleep_s, _REST_S))
        if sleep_s > _REST_S:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), sleep_s - _REST_S)

    async def _until_next_s(self) -> float:
        asked = [await duty.next_at() for duty in self.duties]
        known: list[datetime] = [moment for moment in asked if moment]
        if not known:
            return LOOK_ANYWAY_S
        left_s = (min(known) - self.clock.now()).total_seconds()
        return min(max(left_s, _REST_S), LOOK_ANYWAY_S)

    async def _sleep(self, for_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), for_s)

    def _wake(self, *_: object) -> None:
        self._changed.set()
