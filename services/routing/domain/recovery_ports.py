"""What giving customers something needs kept and found again, whoever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.followup import FollowUp
from services.routing.domain.merging import Merges
from services.routing.domain.recovering import Given
from services.routing.domain.recovery import Recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An offer that waits for somebody, and its follow-up."""

    recovery: Recovery
    followup: FollowUp


class Recoveries(Merges, Protocol):
    """One tenant's follow-ups and what their customers were given, in one transaction."""

    async def given(self, followup: FollowUp, currency: str, since: datetime) -> Given:
        """Return what was given for the case, and to its customer since then."""
        ...

    async def recoveries(self, followup_id: UUID) -> Sequence[Recovery]:
        """Return what was offered for a follow-up, oldest first."""
        ...

    async def keep_recovery(self, recovery: Recovery) -> None:
        """Keep what was decided last, for good."""
        ...

    async def waiting(
        self, teams: Sequence[str], departments: Sequence[str], limit: int
    ) -> Sequence[Waiting]:
        """Return offers of some teams and departments that wait, the oldest first."""
        ...


class RecoveryTransactions(Protocol):
    """Opens transactions for recovery."""

    def of_recoveries(self, tenant: str) -> AbstractAsyncContextManager[Recoveries]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
