"""Publishers: who hands in events, and for which tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Somebody who may hand in events of one tenant."""

    tenant: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPublisher:
    """A publisher as it is listed, with the life of its key."""

    tenant: str
    name: str
    created_at: datetime
    revoked_at: datetime | None
