"""Mails that tell customers what changed, as the postman takes and settles them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from services.routing.adapters.communications import PostgresTellings
from services.routing.domain.deliveries import Attempt
from services.routing.domain.mails import Letter
from services.routing.domain.promise_link import Link, token_of
from services.routing.handlers.communications import settle


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLetters:
    """The mails that wait. `secret` is CLOSEDLOOP_SECRET, which signs the customers' links."""

    tellings: PostgresTellings
    secret: str = field(repr=False)
    public_url: str

    async def claim(self, now: datetime, until: datetime, room: int) -> Sequence[Letter]:
        """Take up to `room` mails that are due, for the caller alone `until` then.

        What has no recipient any more, since the customer had their data erased, is settled.
        """
        found = await self.tellings.claim(now, until, room, self._address_of)
        for letter in found:
            if not letter.mail.recipient:
                await self._settle(letter, now, "erased", "")
        return [letter for letter in found if letter.mail.recipient]

    async def settle_sent(self, letter: Letter, attempt: Attempt, now: datetime) -> None:
        """Note that the mail server has taken it: the customer is told."""
        await settle(self.tellings.open, letter.delivery_id, "sent", now=now)

    async def settle_unsent(
        self, letter: Letter, attempt: Attempt, due_at: datetime | None, now: datetime
    ) -> None:
        """Note what went wrong, and when it is tried again; None for never."""
        if due_at is None:
            await self._settle(letter, now, "refused", attempt.fault)
            return
        await self.tellings.put_off(letter.delivery_id, now, attempt.status, due_at, attempt.fault)

    def woken(self, wake: Callable[..., None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Have `wake` called whenever a mail is added; give what tells that this still works."""
        return self.tellings.woken(wake)

    async def _settle(self, letter: Letter, now: datetime, why_not: str, fault: str) -> None:
        await settle(
            self.tellings.open,
            letter.delivery_id,
            "not_reachable",
            now=now,
            why_not=why_not,
            fault=fault,
        )

    def _address_of(self, link: Link) -> str:
        return f"{self.public_url.rstrip('/')}/p/{token_of(link, self.secret)}"
