"""What becomes of an event that a publisher hands in: a message for the topic, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.catalog import topics
from shared.contracts.codec import key_of, parser
from shared.contracts.events import FeedbackSubmitted, Tenant
from shared.contracts.records import Outgoing, Rejected

TOPIC = "feedback.submitted.v1"
LARGEST_EVENT_BYTES = topics()[TOPIC].max_value_bytes


class HandedIn(FeedbackSubmitted):
    """feedback.submitted.v1 as the API takes it: without a tenant it is the publisher's own."""

    tenant: Tenant = ""


_parse = parser(HandedIn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event that keeps to the contract, and the message that carries it."""

    event_id: str
    message: Outgoing


def accept(value: bytes, tenant: str) -> Accepted:
    """Return the message for an event that a publisher of `tenant` sent.

    Its value is what was sent, byte for byte; only a missing tenant is put in front.
    Raises Rejected when the event breaks the contract or names another tenant.
    """
    if len(value) > LARGEST_EVENT_BYTES:
        raise Rejected(
            "too_large",
            f"The event has {len(value):,} bytes; at most {LARGEST_EVENT_BYTES:,} are taken.",
            remedy="Shorten its text or its attributes.",
        )
    event = _parse(value)
    if event.tenant and event.tenant != tenant:
        raise Rejected(
            "foreign_tenant",
            f"tenant is {event.tenant}, and the key belongs to a publisher of {tenant}.",
            field="tenant",
            remedy="Leave the tenant out, or use a key of that tenant.",
        )
    return Accepted(
        event_id=event.id,
        message=Outgoing(
            topic=TOPIC,
            key=key_of(tenant, event.data.customer_id),
            value=value if event.tenant else _with_tenant(value, tenant),
        ),
    )


def _with_tenant(value: bytes, tenant: str) -> bytes:
    """Put the tenant in front of an object that is known to have fields, and no tenant."""
    inside = value.index(b"{") + 1
    return b"".join((value[:inside], f'"tenant":"{tenant}",'.encode(), value[inside:]))
