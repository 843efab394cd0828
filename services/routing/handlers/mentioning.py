"""What colleagues said to somebody by name, and that it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.routing.domain.mentions import Unseen
from services.routing.domain.ports import Transactions


async def unseen_by(transactions: Transactions, tenant: str, whom: str) -> Sequence[Unseen]:
    """Return what somebody has not seen of their mentions, the latest first."""
    async with transactions.of(tenant) as followups:
        return await followups.unseen(whom)


async def see(
    transactions: Transactions, tenant: str, followup_id: UUID, whom: str, now: datetime
) -> None:
    """Keep that somebody has opened a case in which they were named."""
    async with transactions.of(tenant) as followups:
        await followups.see(followup_id, whom, now)
