"""Webhook endpoints: what a CX admin may set up, and how that changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.routing.domain.signing import Keys
from services.routing.errors import IncompleteError, RoutingError

#: How long the secret from before a rotation signs, too.
BOTH_SECRETS_FOR = timedelta(hours=24)
MOST_ENDPOINTS = 50
#: A transaction that began before an endpoint was disabled may write its changes after it.
OVERLAP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How deliveries to an endpoint went. `failures` counts those since the last success."""

    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None
    failing_since: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a tenant wants to be told of changes. `version` counts its own changes from 1.

    `gave_up` says that it was disabled because messages did not arrive, and by nobody.
    """

    webhook_id: UUID
    tenant: str
    version: int
    url: str
    events: tuple[str, ...]
    description: str
    keys: Keys = field(repr=False)
    created_at: datetime
    created_by: str
    changed_at: datetime
    disabled_at: datetime | None = None
    disabled_why: str | None = None
    gave_up: bool = False
    health: Health = field(default_factory=Health)

    @property
    def is_enabled(self) -> bool:
        """Whether it is told of changes."""
        return self.disabled_at is None

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look: it was given up, or nothing gets through."""
        return self.gave_up or (self.is_enabled and self.health.failing_since is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many messages for an endpoint wait, and how many were given up."""

    pending: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be changed about an endpoint: whatever is None stays as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """A delivery as its endpoint's CX admin sees it."""

    delivery_id: UUID
    message_id: str
    event: str
    lane: UUID
    position: int
    state: str
    attempts: int
    due_at: datetime
    created_at: datetime
    last_attempt_at: datetime | None
    delivered_at: datetime | None
    answer: int | None
    fault: str | None


class UnknownWebhookError(RoutingError):
    """There is no such webhook, or no such delivery of it, for this tenant."""


class StaleWebhookError(RoutingError):
    """The webhook was changed since the version that the request names."""

    def __init__(self, current: Endpoint, expected: int) -> None:
        super().__init__(
            f"You change version {expected}, but the webhook is at version {current.version}.",
            remedy="Look at what changed and repeat your change on the present version.",
        )
        self.current = current


def changed(endpoint: Endpoint, wishes: Wishes, now: datetime) -> Endpoint:
    """Return the endpoint with what is wished; raises IncompleteError when that is nothing."""
    if wishes == Wishes():
        raise IncompleteError({"": "Nothing is to be changed: give url, events or description."})
    return _next(
        replace(
            endpoint,
            url=wishes.url if wishes.url is not None else endpoint.url,
            events=wishes.events or endpoint.events,
            description=(
                wishes.description if wishes.description is not None else endpoint.description
            ),
        ),
        now,
    )


def rotated(endpoint: Endpoint, keys: Keys, now: datetime) -> Endpoint:
    """Return the endpoint with new `keys`; the secret from before signs along for a day."""
    both = replace(keys, previous_salt=endpoint.keys.salt, previous_until=now + BOTH_SECRETS_FOR)
    return _next(replace(endpoint, keys=both), now)


def disabled(endpoint: Endpoint, who: str, now: datetime) -> Endpoint:
    """Return the endpoint switched off by a person, unless it is off already."""
    if not endpoint.is_enabled:
        return endpoint
    return _next(replace(endpoint, disabled_at=now, disabled_why=f"{who} disabled it."), now)


def enabled(endpoint: Endpoint, now: datetime) -> Endpoint:
    """Return the endpoint switched on again with a clean slate, unless it is on already."""
    if endpoint.is_enabled:
        return endpoint
    health = replace(endpoint.health, failing_since=None, failures=0)
    return _next(
        replace(endpoint, disabled_at=None, disabled_why=None, gave_up=False, health=health), now
    )


def _next(endpoint: Endpoint, now: datetime) -> Endpoint:
    return replace(endpoint, version=endpoint.version + 1, changed_at=now)
