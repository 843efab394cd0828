"""Deliveries: who is told of a change, when an attempt is repeated, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from services.routing.domain.changes import event_id_of

#: Pauses before the second attempt and those after it, as Standard Webhooks recommends them
#: (specification, "Deliverability and reliability"): ten attempts in 75 hours.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: An endpoint at which nothing succeeded for so long is disabled.
PATIENCE = timedelta(days=3)
#: A pause is up to so much longer or shorter, so that what failed together is not tried together.
JITTER = 0.2
#: How long an endpoint that is busy may ask to be left alone.
_LONGEST_WISH = timedelta(hours=24)

EVERY_EVENT = "followup.*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a follow-up as it was published: `message` is the event, to the byte."""

    tenant: str
    followup_id: UUID
    version: int
    change: str
    state: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An endpoint and what it wants to hear."""

    webhook_id: UUID
    tenant: str
    events: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A message for one endpoint. `position` is its place among those of one `lane`."""

    tenant: str
    webhook_id: UUID
    message_id: str
    event: str
    lane: UUID
    position: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one attempt. `status` is None where there was no answer, `fault` says why.

    `fault` is empty when the endpoint took the message; `wait` is how long it asked to be left
    alone (Retry-After).
    """

    status: int | None
    fault: str = ""
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """What follows from a failed attempt.

    The next one is at `due_at`, None when the message is given up. The endpoint is disabled, for
    `reason`, when nothing there has succeeded since `hopeless_since` or longer.
    """

    due_at: datetime | None
    hopeless_since: datetime
    reason: str


def wants(events: Sequence[str], change: Change) -> bool:
    """Tell whether `events` name the change: all, by its name, or by the state it led to.

    `followup.resolved` is the change, `followup.state.resolved` all changes in that state.
    """
    names = {EVERY_EVENT, event_of(change), f"followup.state.{change.state}"}
    return not names.isdisjoint(events)


def event_of(change: Change) -> str:
    """Return what the change is called among events."""
    return f"followup.{change.change}"


def deliveries_of(changes: Iterable[Change], listeners: Iterable[Listener]) -> list[NewDelivery]:
    """Return a delivery for each change and each endpoint of its tenant that wants it."""
    of_tenant: dict[str, list[Listener]] = {}
    for listener in listeners:
        of_tenant.setdefault(listener.tenant, []).append(listener)
    return [
        _delivery(change, listener)
        for change in changes
        for listener in of_tenant.get(change.tenant, ())
        if wants(listener.events, change)
    ]


def setback(attempt: Attempt, attempts: int, now: datetime, chance: float) -> Setback:
    """Judge a failed attempt, the `attempts`-th; `chance` is a random number from 0 to 1."""
    if attempt.status == HTTPStatus.GONE:
        return Setback(due_at=None, hopeless_since=now, reason="It answered 410: it is gone.")
    return Setback(
        due_at=next_attempt(attempt, attempts, now, chance),
        hopeless_since=now - PATIENCE,
        reason=f"Nothing was delivered for {PATIENCE.days} days. The last attempt: {attempt.fault}",
    )


def next_attempt(attempt: Attempt, attempts: int, now: datetime, chance: float) -> datetime | None:
    """Return when to try again after the `attempts`-th attempt, None after the last one."""
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * (1 + JITTER * (2 * chance - 1))
    wish = min(attempt.wait or timedelta(0), _LONGEST_WISH)
    return now + max(pause, wish)


def wait_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long Retry-After asks to wait, where it says so in seconds."""
    text = headers.get("retry-after", "")
    # Ten digits are centuries; more would be no timedelta.
    return timedelta(seconds=int(text[:10])) if text.isascii() and text.isdigit() else None


def _delivery(change: Change, listener: Listener) -> NewDelivery:
    return NewDelivery(
        tenant=change.tenant,
        webhook_id=listener.webhook_id,
        message_id=event_id_of(change.followup_id, change.version),
        event=event_of(change),
        lane=change.followup_id,
        position=change.version,
        body=change.message,
    )
