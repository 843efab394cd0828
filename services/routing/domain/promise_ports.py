"""What the promise page and the re-survey need kept and found again, whoever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.communications import Shown
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import FollowUps
from services.routing.domain.promise import Place, Promise
from services.routing.domain.resurvey import Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """A round whose time to answer is over, and whose it is."""

    tenant: str
    followup_id: UUID
    round: int


class Promises(FollowUps, Protocol):
    """One tenant's follow-ups with what their customers see and say, in one transaction."""

    async def promise(self, followup: FollowUp) -> Promise:
        """Return what is kept for the follow-up's page; a fresh one when nothing is."""
        ...

    async def keep(self, promise: Promise) -> None:
        """Keep it as it is now."""
        ...

    async def place(self, followup: FollowUp) -> Place:
        """Return how many of the team's open follow-ups are ahead."""
        ...

    async def rounds(self, followup_id: UUID) -> Sequence[Asking]:
        """Return every asking, the latest one last."""
        ...

    async def settle(self, ended: Asking) -> None:
        """Keep how a round has ended; one that has ended before stays as it is."""
        ...

    async def family(self, followup: FollowUp, *, for_update: bool = False) -> list[FollowUp]:
        """Return all that are one case with it, the one that stands by itself first.

        When they are to be changed, they are locked until the transaction ends.
        """
        ...

    async def changes_told(self, family: Sequence[FollowUp]) -> Sequence[Shown]:
        """Return what their customer was told of changes, the latest first."""
        ...

    async def erase(self, followup_id: UUID, now: datetime) -> None:
        """Erase what the customer said and wrote, how they are reached, mails to them, files."""
        ...


class PromiseTransactions(Protocol):
    """Opens transactions."""

    async def tenant_of(self, followup_id: UUID) -> str | None:
        """Return whose follow-up it is; None when there is none."""
        ...

    async def lapsed(self, tenants: Sequence[str], now: datetime, limit: int) -> Sequence[Lapsed]:
        """Return up to `limit` rounds of `tenants` whose time is over, the oldest first."""
        ...

    def of_promises(self, tenant: str) -> AbstractAsyncContextManager[Promises]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
