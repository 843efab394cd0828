"""A CX admin looks after webhooks: one request, one transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.routing.domain.deliveries import Listener
from services.routing.domain.destinations import RefusedDestinationError
from services.routing.domain.ports import Answer
from services.routing.domain.signing import SALT_BYTES, Keys, new_keys
from services.routing.domain.webhook_ports import (
    Destinations,
    Webhooks,
    WebhookTransactions,
)
from services.routing.domain.webhooks import (
    MOST_ENDPOINTS,
    OVERLAP,
    DeliveryState,
    Endpoint,
    Queue,
    StaleWebhookError,
    UnknownWebhookError,
    Wishes,
    changed,
    disabled,
    enabled,
    rotated,
)
from services.routing.errors import IncompleteError, ReusedKeyError
from shared.clock import Clock

#: What a replay may reach back to.
LONGEST_REPLAY = timedelta(days=30)

Act = Callable[[Webhooks], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What looking after webhooks takes. `secret` is CLOSEDLOOP_SECRET."""

    transactions: WebhookTransactions
    destinations: Destinations
    secret: str = field(repr=False)
    clock: Clock

    def fresh_keys(self, webhook_id: UUID) -> Keys:
        """Return keys that nobody has had before."""
        return new_keys(self.secret, webhook_id, secrets.token_bytes(SALT_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, and the idempotency key with what is asked under it: both empty without one."""

    tenant: str
    subject: str
    name: str
    key: str = ""
    asked: tuple[object, ...] = ()

    @property
    def fingerprint(self) -> bytes:
        """Return a digest of what is asked: equal requests have equal ones."""
        return hashlib.sha256(repr(self.asked).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An endpoint and what waits for it."""

    endpoint: Endpoint
    queue: Queue


async def once(office: Office, request: Request, act: Act) -> Answer:
    """Do `act` in a transaction; under an idempotency key that was used, return its answer again.

    Raises ReusedKeyError when the key was used for another request, and what `act` raises; then
    nothing has changed.
    """
    async with office.transactions.of(request.tenant) as webhooks:
        if not request.key:
            return await act(webhooks)
        kept = await webhooks.claim_key(request.subject, request.key, request.fingerprint)
        if kept and kept.fingerprint != request.fingerprint:
            raise ReusedKeyError(
                "This Idempotency-Key was used for another request.",
                remedy="Use a new key for each new request.",
            )
        answer = kept.answer if kept else await act(webhooks)
        if not kept:
            await webhooks.keep_answer(request.subject, request.key, answer)
        return answer


async def refuse_bad_destination(office: Office, url: str) -> None:
    """Raise IncompleteError, which names the field, when `url` may not be an endpoint's."""
    try:
        await office.destinations.check(url)
    except RefusedDestinationError as error:
        raise IncompleteError({"url": f"{error.detail} {error.remedy}".rstrip()}) from error


async def create(office: Office, request: Request, webhooks: Webhooks, wishes: Wishes) -> Endpoint:
    """Keep a new endpoint; raises IncompleteError when the tenant has enough of them."""
    if await webhooks.count() >= MOST_ENDPOINTS:
        raise IncompleteError({"": f"There are {MOST_ENDPOINTS} webhooks: delete one first."})
    now, webhook_id = office.clock.now(), uuid4()
    endpoint = Endpoint(
        webhook_id=webhook_id,
        tenant=request.tenant,
        version=1,
        url=wishes.url or "",
        events=wishes.events or (),
        description=wishes.description or "",
        keys=office.fresh_keys(webhook_id),
        created_at=now,
        created_by=request.name,
        changed_at=now,
    )
    await webhooks.add(endpoint)
    return endpoint


async def change(
    office: Office, webhooks: Webhooks, endpoint: Endpoint, wishes: Wishes
) -> Endpoint:
    """Change what is wished about a locked endpoint."""
    return await _kept(webhooks, changed(endpoint, wishes, office.clock.now()))


async def rotate(office: Office, webhooks: Webhooks, endpoint: Endpoint) -> Endpoint:
    """Give a locked endpoint a new secret; the one from before is valid for a day more."""
    keys = office.fresh_keys(endpoint.webhook_id)
    return await _kept(webhooks, rotated(endpoint, keys, office.clock.now()))


async def disable(
    office: Office, request: Request, webhooks: Webhooks, endpoint: Endpoint
) -> Endpoint:
    """Switch a locked endpoint off: what waits for it is kept."""
    return await _kept(webhooks, disabled(endpoint, request.name, office.clock.now()))


async def enable(office: Office, webhooks: Webhooks, endpoint: Endpoint) -> Endpoint:
    """Switch a locked endpoint on again, and have it told of everything that it has missed."""
    now = office.clock.now()
    after = await _kept(webhooks, enabled(endpoint, now))
    if endpoint.disabled_at is not None:
        await webhooks.revive_pending(endpoint.webhook_id, now)
        since = endpoint.disabled_at - OVERLAP
        await webhooks.replay_since(_listener(after), since, now, all_of_it=False)
    return after


async def replay_since(
    office: Office, webhooks: Webhooks, endpoint: Endpoint, since: datetime
) -> int:
    """Have all changes since a moment delivered again; return how many."""
    now = office.clock.now()
    if not now - LONGEST_REPLAY <= since <= now:
        raise IncompleteError(
            {"since": f"Give a moment of the last {LONGEST_REPLAY.days} days, with its zone."}
        )
    return await webhooks.replay_since(_listener(endpoint), since, now, all_of_it=True)


async def locked(webhooks: Webhooks, webhook_id: UUID, version: int) -> Endpoint:
    """Return an endpoint for changing it; raises Unknown- or StaleWebhookError."""
    endpoint = await found(webhooks, webhook_id, for_update=True)
    if endpoint.version != version:
        raise StaleWebhookError(endpoint, version)
    return endpoint


async def found(webhooks: Webhooks, webhook_id: UUID, *, for_update: bool = False) -> Endpoint:
    """Return an endpoint; raises UnknownWebhookError."""
    endpoint = await webhooks.find(webhook_id, for_update=for_update)
    if endpoint is None:
        raise UnknownWebhookError(f"There is no webhook {webhook_id}.")
    return endpoint


async def with_queues(webhooks: Webhooks, endpoints: Sequence[Endpoint]) -> list[Shown]:
    """Return endpoints with what waits for them."""
    queues = await webhooks.queues([one.webhook_id for one in endpoints])
    return [Shown(endpoint=one, queue=queues[one.webhook_id]) for one in endpoints]


async def read_list(
    office: Office, tenant: str, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[Shown], tuple[datetime, UUID] | None]:
    """Return up to `limit` endpoints, oldest first, and where the following part begins."""
    async with office.transactions.of(tenant) as webhooks:
        page = await webhooks.page(after, limit + 1)
        shown = await with_queues(webhooks, page[:limit])
    last = page[limit - 1] if len(page) > limit else None
    return shown, (last.created_at, last.webhook_id) if last else None


async def read_one(office: Office, tenant: str, webhook_id: UUID) -> Shown:
    """Return one endpoint; raises UnknownWebhookError."""
    async with office.transactions.of(tenant) as webhooks:
        (shown,) = await with_queues(webhooks, [await found(webhooks, webhook_id)])
        return shown


async def read_deliveries(
    office: Office,
    tenant: str,
    webhook_id: UUID,
    *,
    state: str | None = None,
    after: UUID | None = None,
    limit: int,
) -> tuple[list[DeliveryState], UUID | None]:
    """Return up to `limit` deliveries of an endpoint, newest first, and where the rest begins."""
    async with office.transactions.of(tenant) as webhooks:
        await found(webhooks, webhook_id)
        page = await webhooks.deliveries(webhook_id, state, after, limit + 1)
    return page[:limit], page[limit - 1].delivery_id if len(page) > limit else None


async def _kept(webhooks: Webhooks, endpoint: Endpoint) -> Endpoint:
    await webhooks.update(endpoint)
    return endpoint


def _listener(endpoint: Endpoint) -> Listener:
    return Listener(webhook_id=endpoint.webhook_id, tenant=endpoint.tenant, events=endpoint.events)
