"""Messages to customers by channels of the tenant's own: as shown, and what became of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

#: How webhooks name the message that asks for a reply to be sent.
REPLY_REQUESTED = "reply.requested"


class ChannelReplyState(StrEnum):
    """Where a reply is: `sent` when the webhook took it, then what its receiver reports."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


#: What a receiver can report of a reply.
Report = Literal["delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
    """A message to a customer, whole; `written` is what the owner wrote of its `body`."""

    channel: str
    channel_name: str
    webhook_id: UUID
    language: str
    recipient: str
    body: str
    written: str

    @property
    def digest(self) -> str:
        """Return what tells whether this is the message that was shown."""
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReply:
    """A message on its way, logged when the follow-up came to `version`.

    `is_given`: a webhook has it. `is_held`: that webhook is disabled. `fault` says what went wrong
    last, in the words of whoever noticed.
    """

    reply_id: UUID
    tenant: str
    followup_id: UUID
    version: int
    customer_id: str
    message: ChannelMessage
    by: str
    created_at: datetime
    state: ChannelReplyState = ChannelReplyState.QUEUED
    settled_at: datetime | None = None
    reported_at: datetime | None = None
    fault: str = ""
    is_given: bool = False
    is_held: bool = False
