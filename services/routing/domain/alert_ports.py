"""What escalations by mail need kept and found again, whoever keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.alerts import Alert, AlertMail, Pile, StaffLetter


class Alerts(Protocol):
    """What waits to be told by mail, of all tenants, in one transaction."""

    async def take_turn(self) -> bool:
        """Tell whether nobody else writes mails at this moment; then nobody can, until the end."""
        ...

    async def piles(self, tenants: Sequence[str], since: datetime) -> Sequence[Pile]:
        """Return how much waits for each person, and of how much they were told after `since`."""
        ...

    async def waiting(self, pile: Pile) -> Sequence[Alert]:
        """Return all that waits for a person, the earliest deadline first."""
        ...

    async def post(self, letter: StaffLetter, now: datetime) -> None:
        """Have a mail sent when the transaction has ended well; what it tells waits no more."""
        ...


class AlertTransactions(Protocol):
    """Opens transactions of the clock."""

    def of_alerts(self) -> AbstractAsyncContextManager[Alerts]:
        """Open a transaction that sees every tenant."""
        ...


class AlertMails(Protocol):
    """Knows what became of mails."""

    async def of_followup(self, tenant: str, followup_id: UUID) -> Mapping[int, AlertMail]:
        """Return what became of the mails about a follow-up's escalations, by version."""
        ...
