"""What webhooks need kept, sent and looked up, whoever does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.deliveries import Attempt, Listener, Setback
from services.routing.domain.ports import Answer, KeptAnswer
from services.routing.domain.signing import Keys
from services.routing.domain.webhooks import DeliveryState, Endpoint, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that is ours to try now. `attempts` were made before."""

    delivery_id: UUID
    webhook_id: UUID
    message_id: str
    body: str
    attempts: int
    url: str
    keys: Keys = field(repr=False)

    @property
    def receiver(self) -> UUID:
        """Return whose places it takes while it is tried: the endpoint's."""
        return self.webhook_id


class Deliveries(Protocol):
    """What waits to be delivered, of all tenants."""

    async def claim(
        self,
        now: datetime,
        until: datetime,
        *,
        under_way: Mapping[UUID, int],
        per_endpoint: int,
        room: int,
    ) -> list[Claim]:
        """Take due deliveries, fairly among endpoints, for the caller alone `until` then.

        Up to `room`, and no more for an endpoint than `per_endpoint` less those `under_way`.
        """
        ...

    async def settle_delivered(self, claim: Claim, attempt: Attempt, now: datetime) -> None:
        """Note that the endpoint has taken the message."""
        ...

    async def settle_failed(
        self, claim: Claim, attempt: Attempt, setback: Setback, now: datetime
    ) -> bool:
        """Note what went wrong and what follows; tell whether the endpoint was disabled."""
        ...


class Sender(Protocol):
    """Carries one message to one address."""

    async def send(self, url: str, body: str, headers: Mapping[str, str]) -> Attempt:
        """Try once and tell what came of it; what can go wrong on the way is no exception."""
        ...


class Destinations(Protocol):
    """Knows where webhooks may go."""

    async def check(self, url: str) -> None:
        """Raise RefusedDestinationError when `url` may not be an endpoint's."""
        ...


class Webhooks(Protocol):
    """One tenant's endpoints, in one transaction."""

    async def add(self, endpoint: Endpoint) -> None:
        """Keep a new endpoint."""
        ...

    async def update(self, endpoint: Endpoint) -> None:
        """Write what has changed about an endpoint."""
        ...

    async def delete(self, webhook_id: UUID) -> None:
        """Forget an endpoint and everything that was to be delivered to it."""
        ...

    async def count(self) -> int:
        """Return how many endpoints there are."""
        ...

    async def find(self, webhook_id: UUID, *, for_update: bool = False) -> Endpoint | None:
        """Return an endpoint, locked until the transaction ends when it is to be changed."""
        ...

    async def page(self, after: tuple[datetime, UUID] | None, limit: int) -> list[Endpoint]:
        """Return up to `limit` endpoints, oldest first, those behind the position `after`."""
        ...

    async def queues(self, webhook_ids: Sequence[UUID]) -> dict[UUID, Queue]:
        """Return what waits and what was given up, by endpoint."""
        ...

    async def deliveries(
        self, webhook_id: UUID, state: str | None, after: UUID | None, limit: int
    ) -> list[DeliveryState]:
        """Return up to `limit` deliveries, newest first, those behind `after`."""
        ...

    async def enqueue_one(
        self, webhook_id: UUID, message_id: UUID, event: str, body: str, now: datetime
    ) -> UUID:
        """Have one message of its own delivered; return the delivery's id."""
        ...

    async def replay_one(self, webhook_id: UUID, delivery_id: UUID, now: datetime) -> bool:
        """Have a delivery made again; False when there is none, or it is under way."""
        ...

    async def replay_failed(self, webhook_id: UUID, now: datetime) -> int:
        """Have all that was given up tried again; return how many."""
        ...

    async def replay_since(
        self, listener: Listener, since: datetime, now: datetime, *, all_of_it: bool
    ) -> int:
        """Have all changes since a moment delivered that the listener wants; return how many.

        `all_of_it`: also those that were delivered.
        """
        ...

    async def revive_pending(self, webhook_id: UUID, now: datetime) -> None:
        """Have all that waits tried at once, with the whole schedule ahead."""
        ...

    async def claim_key(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Take `key` for this transaction; return the answer that is kept under a used one."""
        ...

    async def keep_answer(self, subject: str, key: str, answer: Answer) -> None:
        """Keep `answer` under a key that this transaction has taken."""
        ...


class WebhookTransactions(Protocol):
    """Opens transactions."""

    def of(self, tenant: str) -> AbstractAsyncContextManager[Webhooks]:
        """Open a transaction that sees the endpoints of `tenant` and no others."""
        ...
