"""Who has a case open, so that two do not answer one customer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

#: An open page says so every BEAT; one that has been silent for longer than GONE_AFTER is gone.
BEAT = timedelta(seconds=10)
GONE_AFTER = timedelta(seconds=25)
#: Whoever typed no longer ago than this is writing.
WRITING_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Somebody else who has the case open, since when, and whether they type."""

    name: str
    since: datetime
    is_writing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is going on around an open page: who else looks, and the case's present version."""

    others: Sequence[Other]
    version: int


class Presences(Protocol):
    """Who is where, in a transaction."""

    async def version_of(self, followup_id: UUID) -> int | None:
        """Return the follow-up's version, None when there is no such follow-up."""
        ...

    async def beat(self, followup_id: UUID, person: str, name: str, now: datetime) -> None:
        """Note that a person has the case open."""
        ...

    async def others(self, followup_id: UUID, person: str, now: datetime) -> Sequence[Other]:
        """Return who else has it open, those first who came first."""
        ...

    async def forget_gone(self, now: datetime) -> None:
        """Forget whoever is gone, from every case of the tenant."""
        ...


class PresenceTransactions(Protocol):
    """Opens transactions."""

    def of_presences(self, tenant: str) -> AbstractAsyncContextManager[Presences]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
