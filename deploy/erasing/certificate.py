"""What was erased, what was searched afterwards, and what goes by itself later."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.contracts.catalog import topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who is to be erased, who asked for it and why."""

    tenant: str
    customer_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The proof of one erasure.

    `changed` counts the rows that were changed or removed, by statement, `found` the rows in which
    the customer's id or an address of theirs alone was found afterwards, by table. `searched` is
    how many tables were read. `topics_until` is when the last copy on a topic is gone.
    """

    erasure_id: UUID
    request: Request
    customer_digest: bytes
    erased_at: datetime
    changed: Mapping[str, int]
    searched: int
    found: Mapping[str, int]
    topics_until: datetime

    @property
    def holds(self) -> bool:
        """Tell whether nothing of the customer was found any more."""
        return not self.found


def digest_of(request: Request, secret: str) -> bytes:
    """Return what stands for the customer in the record: HMAC-SHA-256 (RFC 2104).

    Who knows the id and the site's secret can tell that it is this customer; without the secret
    nobody can, not even by trying all ids.
    """
    name = f"{request.tenant}/{request.customer_id}"
    return hmac.digest(secret.encode(), name.encode(), hashlib.sha256)


def topics_until(erased_at: datetime) -> datetime:
    """Return when Kafka has removed the last copy of what was published before `erased_at`."""
    return erased_at + timedelta(days=max(one.retention_days for one in topics().values()))
