"""An open page says that it is open, and learns what goes on around it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.routing.domain.presence import PresenceTransactions, Surroundings
from services.routing.errors import UnknownFollowUpError


async def look_around(
    transactions: PresenceTransactions,
    tenant: str,
    followup_id: UUID,
    person: str,
    name: str,
    now: datetime,
) -> Surroundings:
    """Note that a person has the case open; return who else has. Raises UnknownFollowUpError."""
    async with transactions.of_presences(tenant) as presences:
        version = await presences.version_of(followup_id)
        if version is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        await presences.beat(followup_id, person, name, now)
        others = await presences.others(followup_id, person, now)
        await presences.forget_gone(now)
    return Surroundings(others=others, version=version)
