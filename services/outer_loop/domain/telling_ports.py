"""What telling customers and following their threads needs kept, whoever keeps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.outer_loop.domain.communication import Candidate, LoopCommunication
from services.outer_loop.domain.ports import PlanWork
from shared.contracts.records import Outgoing

#: A communication and one of the customers whom it goes to.
RecipientId = tuple[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedFeedback:
    """Feedback that opened a follow-up, and what its words suggest went wrong."""

    feedback_id: UUID
    tenant: str
    customer_id: str
    touchpoint: str
    suggested_what: str | None
    language: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpThread:
    """A follow-up on its way from what was said to what became of it.

    `answered_at` is when somebody first reached or wrote to the customer, `customer_spoke_at`
    when the customer last did something on their page.
    """

    followup_id: UUID
    tenant: str
    feedback_id: UUID
    customer_id: str
    touchpoint: str
    occurred_at: datetime
    version: int
    state: str
    can_be_written_to: bool
    answered_at: datetime | None
    customer_spoke_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of telling one customer."""

    communication_id: UUID
    tenant: str
    customer_id: str
    outcome: str
    language: str | None
    why_not: str | None
    settled_at: datetime


class Threads(Protocol):
    """Keeps what is said, done and told about each customer, in one batch's transaction."""

    async def add_flagged(self, said: Sequence[FlaggedFeedback]) -> None:
        """Add those that are new."""
        ...

    async def follow(self, threads: Sequence[FollowUpThread]) -> None:
        """Bring each follow-up to where its versions so far say; older ones undo nothing."""
        ...

    async def settle(self, settled: Sequence[Settled]) -> Collection[RecipientId]:
        """Keep what became of messages, and return those that nobody knew it of."""
        ...


class TellingWork(PlanWork, Protocol):
    """Plans and communications of one tenant, inside one transaction."""

    async def communication(self, communication_id: UUID) -> LoopCommunication | None:
        """Return the communication and keep others from changing it until the end."""
        ...

    async def draft_of(self, plan_id: UUID) -> LoopCommunication | None:
        """Return what is being written for the plan, None when nothing is."""
        ...

    async def keep(self, communication: LoopCommunication) -> None:
        """Keep it as it is now."""
        ...

    async def implemented_at(self, plan_id: UUID) -> datetime | None:
        """Return when the plan's change was made."""
        ...

    async def candidates(self, issue_id: UUID, before: datetime) -> list[Candidate]:
        """Return the customers who met the issue `before` the change, each once."""
        ...

    async def address(
        self, communication: LoopCommunication, recipients: Sequence[Candidate]
    ) -> Collection[str]:
        """Add the recipients; return the customers whom nothing else has gone to."""
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have messages published when the transaction has ended well."""
        ...


class Tellings(Protocol):
    """Opens a transaction for one tenant."""

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[TellingWork]:
        """Commit at the end, roll back when an error leaves it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one communication, in customers."""

    recipients: int = 0
    told: int = 0
    not_reachable: int = 0
    on_the_way: int = 0
    answered: int = 0
    reasons: Mapping[str, int]
