"""Webhooks: many deliveries at once, none in the way of another's endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.routing.adapters.deliveries import PostgresDeliveries
from services.routing.adapters.outbound import ATTEMPT_TIMEOUT_S
from services.routing.domain.deliveries import Attempt
from services.routing.domain.webhook_ports import Claim, Sender
from services.routing.handlers.delivering import Delivered, settle, try_once
from services.routing.notifier.loop import Chore, Loop

#: Room for slow endpoints: each holds its own few places for as long as an attempt may take.
MOST_AT_ONCE = 200
PER_ENDPOINT = 4
#: Longer than an attempt and its settling may take.
LEASE = timedelta(seconds=4 * ATTEMPT_TIMEOUT_S)
#: How late a message may be at worst whose earlier version was delivered while it was put off.
PUT_OFF = timedelta(minutes=1)
KEEP_DELIVERED = timedelta(days=7)
KEEP_FAILED = timedelta(days=30)

_FORGET_EVERY_S = 60.0
_PUT_OFF_EVERY_S = 1.0

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Notifier(Loop[Claim]):
    """Delivers webhooks. `secret` is CLOSEDLOOP_SECRET; `lease` is for tests."""

    deliveries: PostgresDeliveries
    sender: Sender
    secret: str
    lease: timedelta = LEASE
    most_at_once: int = MOST_AT_ONCE

    async def _claim(self, now: datetime, until: datetime, room: int) -> Sequence[Claim]:
        return await self.deliveries.claim(
            now, until, under_way=self._under_way, per_endpoint=PER_ENDPOINT, room=room
        )

    async def _try(self, claim: Claim) -> Attempt:
        return await try_once(claim, self.sender, self.secret, self.clock)

    async def _settle(self, claim: Claim, attempt: Attempt) -> None:
        done = await settle(claim, attempt, self.deliveries, self.clock, self.chance())
        _report(claim, done)

    def _listen(self) -> AbstractAsyncContextManager[Callable[[], bool]]:
        return self.deliveries.woken(self._wake)

    def _chores(self) -> Sequence[Chore]:
        return ((self._forget, _FORGET_EVERY_S), (self._put_off, _PUT_OFF_EVERY_S))

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
