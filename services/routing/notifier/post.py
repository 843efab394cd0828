"""Mails to customers and staff: each handed in to the mail server until it takes or refuses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from services.routing.adapters.mail import ATTEMPT_TIMEOUT_S, SmtpSender
from services.routing.domain.deliveries import Attempt
from services.routing.domain.mails import Letter
from services.routing.domain.replies import setback
from services.routing.notifier.loop import Loop

#: Connections to the mail server at a time.
MOST_AT_ONCE = 4
#: Longer than an attempt and its settling may take.
LEASE = timedelta(seconds=4 * ATTEMPT_TIMEOUT_S)

log = structlog.get_logger()


class Letters(Protocol):
    """Mails that wait."""

    async def claim(self, now: datetime, until: datetime, room: int) -> Sequence[Letter]:
        """Take up to `room` mails that are due, for the caller alone `until` then."""
        ...

    async def settle_sent(self, letter: Letter, attempt: Attempt, now: datetime) -> None:
        """Note that the mail server has taken it."""
        ...

    async def settle_unsent(
        self, letter: Letter, attempt: Attempt, due_at: datetime | None, now: datetime
    ) -> None:
        """Note what went wrong, and when it is tried again; None for never."""
        ...

    def woken(self, wake: Callable[..., None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `wake` called whenever a mail is added; give what tells that this still works."""
        ...


@dataclass(slots=True, kw_only=True)
class Postman(Loop[Letter]):
    """Sends mails of one kind: replies, or those to staff."""

    replies: Letters
    sender: SmtpSender
    lease: timedelta = LEASE
    most_at_once: int = MOST_AT_ONCE

    async def _claim(self, now: datetime, until: datetime, room: int) -> Sequence[Letter]:
        return await self.replies.claim(now, until, room)

    async def _try(self, claim: Letter) -> Attempt:
        return await self.sender.send(claim)

    async def _settle(self, claim: Letter, attempt: Attempt) -> None:
        now = self.clock.now()
        if not attempt.fault:
            await self.replies.settle_sent(claim, attempt, now)
            return
        due_at = setback(attempt, claim.attempts + 1, now, self.chance())
        await self.replies.settle_unsent(claim, attempt, due_at, now)
        log.warning("not sent", reply=str(claim.delivery_id), fault=attempt.fault, next=due_at)

    def _listen(self) -> AbstractAsyncContextManager[Callable[[], bool]]:
        return self.replies.woken(self._wake)
