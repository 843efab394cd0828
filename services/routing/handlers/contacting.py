"""What is known of the attempts to reach a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.routing.domain.contacts import ContactAttempt, Tally, in_vain, tally_of
from services.routing.domain.ports import Transactions
from services.routing.errors import UnknownFollowUpError
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The attempts, oldest first, and how far they are from 'could not be reached'."""

    attempts: Sequence[ContactAttempt]
    tally: Tally


async def read_contacts(
    transactions: Transactions, tenant: str, followup_id: UUID, program: Program
) -> Contacts:
    """Return the attempts to reach a follow-up's customer; raises UnknownFollowUpError."""
    async with transactions.of(tenant) as followups:
        followup = await followups.find(followup_id)
        if followup is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        attempts = await followups.attempts(followup_id)
        history = await followups.history(followup)
    tried = in_vain(attempts, [(entry.version, entry.change) for entry in history])
    return Contacts(attempts=attempts, tally=tally_of(tried, program))
