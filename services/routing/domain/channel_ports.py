"""What replies by channels need kept and found again, whoever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.channel_messages import ChannelReply


class ChannelReplies(Protocol):
    """One tenant's replies by channels, in one transaction."""

    async def of_followup(self, followup_id: UUID) -> Sequence[ChannelReply]:
        """Return the replies of one follow-up, oldest first."""
        ...

    async def find_for_update(self, reply_id: UUID) -> ChannelReply | None:
        """Return a reply, locked until the transaction ends; None when there is none."""
        ...

    async def settle(self, reply: ChannelReply) -> None:
        """Keep what was reported of it."""
        ...


class ChannelTransactions(Protocol):
    """Opens transactions."""

    def of(self, tenant: str) -> AbstractAsyncContextManager[ChannelReplies]:
        """Open a transaction that sees the replies of `tenant` and no others."""
        ...


class Waiting(Protocol):
    """Replies of all tenants that no webhook has, in one transaction."""

    async def give(self, carriers: Sequence[tuple[str, str, UUID]], now: datetime) -> int:
        """Give some of them to the webhooks that carry their channels now; return how many.

        `carriers` are tenants, their channels and who carries each.
        """
        ...


class WaitingTransactions(Protocol):
    """Opens transactions of the clock."""

    def of_waiting(self) -> AbstractAsyncContextManager[Waiting]:
        """Open a transaction that sees every tenant."""
        ...
