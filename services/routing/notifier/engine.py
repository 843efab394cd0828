"""The loop of the notifier: many deliveries at once, none in the way of another's endpoint.

A delivery is taken for a while (its lease), sent outside any transaction, and settled. Killed
between, it is taken again when the lease has run out: the endpoint may see it twice, under the
same id, and never not at all.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from services.routing.adapters.deliveries import PostgresDeliveries
from services.routing.adapters.outbound import ATTEMPT_TIMEOUT_S
from services.routing.domain.deliveries import Attempt
from services.routing.domain.webhook_ports import Claim, Sender
from services.routing.handlers.delivering import Delivered, settle, try_once
from shared.clock import Clock
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS

#: Room for slow endpoints: each holds its own few places for as long as an attempt may take.
MOST_AT_ONCE = 200
PER_ENDPOINT = 4
#: Longer than an attempt and its settling may take.
LEASE = timedelta(seconds=4 * ATTEMPT_TIMEOUT_S)
#: Nobody wakes us for what is due again.
LOOK_ANYWAY_S = 1.0
#: How late a message may be at worst whose earlier version was delivered while it was put off.
PUT_OFF = timedelta(minutes=1)
KEEP_DELIVERED = timedelta(days=7)
KEEP_FAILED = timedelta(days=30)

_PAUSE_WHEN_AWAY_S = 2.0
_FORGET_EVERY_S = 60.0
_PUT_OFF_EVERY_S = 1.0

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Notifier:
    """Delivers until it is told to stop. `secret` is CLOSEDLOOP_SECRET; `lease` is for tests."""

    deliveries: PostgresDeliveries
    sender: Sender
    secret: str
    clock: Clock
    chance: Callable[[], float] = random.random
    lease: timedelta = LEASE
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _under_way: Counter[UUID] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Deliver until `stop` is called; then finish what is under way.

        Raises what nobody foresaw, as a group: the process ends, and the next one goes on.
        """
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._regularly(self._forget, _FORGET_EVERY_S)),
                group.create_task(self._regularly(self._put_off, _PUT_OFF_EVERY_S)),
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
        async with self.deliveries.woken(self._wake) as is_listening:
            while is_listening() and not self._stopping:
                self._woken.clear()
                if not await self._take_some():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), LOOK_ANYWAY_S)

    def _wake(self, *_: object) -> None:
        self._woken.set()

    async def _take_some(self) -> bool:
        """Take what is due and has room; tell whether there was any."""
        room = MOST_AT_ONCE - len(self._tasks)
        if room <= 0:
            return False
        now = self.clock.now()
        claims = await self.deliveries.claim(
            now,
            now + self.lease,
            under_way=self._under_way,
            per_endpoint=PER_ENDPOINT,
            room=room,
        )
        for claim in claims:
            self._under_way[claim.webhook_id] += 1
            task = asyncio.create_task(self._deliver(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claims)

    async def _deliver(self, claim: Claim) -> None:
        """Try and settle one delivery: the outermost frame around one endpoint's doings."""
        try:
            attempt = await self._try(claim)
            done = await settle(claim, attempt, self.deliveries, self.clock, self.chance())
            _report(claim, done)
        except (TransientError, *TRANSIENT_ERRORS) as error:
            # It may have arrived and could not be noted: it comes again when the lease is over.
            log.warning("waits for a server", delivery=str(claim.delivery_id), error=str(error))
        except Exception:  # one message that trips us must not stop the others
            log.exception("could not be noted", delivery=str(claim.delivery_id))
        finally:
            self._under_way[claim.webhook_id] -= 1
            if not self._under_way[claim.webhook_id]:
                del self._under_way[claim.webhook_id]
            self._wake()

    async def _try(self, claim: Claim) -> Attempt:
        try:
            return await try_once(claim, self.sender, self.secret, self.clock)
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

    async def _forget(self) -> None:
        now = self.clock.now()
        await self.deliveries.forget(now - KEEP_DELIVERED, now - KEEP_FAILED)

    async def _put_off(self) -> None:
        now = self.clock.now()
        while await self.deliveries.postpone_blocked(now, now + PUT_OFF):
            self._wake()


def _report(claim: Claim, done: Delivered) -> None:
    place = {"delivery": str(claim.delivery_id), "webhook": str(claim.webhook_id)}
    if done.endpoint_disabled:
        log.error("webhook disabled", **place, fault=done.attempt.fault)
    elif done.attempt.fault:
        log.warning("not delivered", **place, fault=done.attempt.fault)
