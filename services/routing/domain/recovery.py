"""What was offered to a customer to make it good, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared.program.recovery import RecoveryKind, written

Decision = Literal["offered", "approved", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """That somebody offered, approved or refused: `version` is the follow-up's after it."""

    decision: Decision
    by: str
    by_name: str
    why: str
    at: datetime
    version: int
    program_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A refund, a voucher or an apology; `amount` and `currency` are None for an apology.

    `first` is its offer, or its approval where the owner could give it alone; `settled` what was
    decided about an offer, None while it waits.
    """

    recovery_id: UUID
    tenant: str
    followup_id: UUID
    customer_id: str
    kind: RecoveryKind
    amount: Decimal | None
    currency: str | None
    first: Decided
    settled: Decided | None = None

    @property
    def amount_written(self) -> str | None:
        """Return the amount as text, None for an apology."""
        if self.amount is None or self.currency is None:
            return None
        return written(self.amount, self.currency)

    @property
    def last(self) -> Decided:
        """Return what was decided last."""
        return self.settled or self.first

    @property
    def decision(self) -> Decision:
        """Return how it stands."""
        return self.last.decision

    @property
    def given_alone(self) -> bool:
        """Whether its owner could give it without anybody's approval."""
        return self.first.decision == "approved"
