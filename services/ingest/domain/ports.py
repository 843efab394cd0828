"""What the handlers need from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from services.ingest.domain.publisher import ListedPublisher
from shared.contracts.records import Outgoing

#: Returns when Kafka has acknowledged every message; raises TransientError when it did not.
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]


class PublisherWork(Protocol):
    """The publishers, in one transaction."""

    async def add(self, tenant: str, name: str, key_hash: bytes) -> bool:
        """Add a publisher; False when the tenant has one of this name whose key works."""
        ...

    async def revoke(self, tenant: str, name: str) -> bool:
        """Revoke the publisher's key; False when it has none that works."""
        ...

    async def of_tenant(self, tenant: str | None) -> Sequence[ListedPublisher]:
        """Return the publishers of a tenant, or of all, those with revoked keys too."""
        ...


class Publishers(Protocol):
    """Where publishers are kept."""

    def transaction(self) -> AbstractAsyncContextManager[PublisherWork]:
        """Open a transaction: committed at the end, rolled back when an error leaves it."""
        ...
