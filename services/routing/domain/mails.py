"""Mails to customers: as they were shown, where they are, and as they are handed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ReplyState(StrEnum):
    """Where a reply is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to a customer, whole; `written` is what the owner wrote of its `body`."""

    language: str
    sender_name: str
    sender: str
    recipient: str
    subject: str
    body: str
    written: str

    @property
    def digest(self) -> str:
        """Return what tells whether this is the mail that was shown."""
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A mail on its way, logged when the follow-up came to `version`.

    `answer` and `fault` are the mail server's last code and words, `fault` empty if it took it.
    """

    reply_id: UUID
    tenant: str
    followup_id: UUID
    version: int
    mail: Mail
    by: str
    created_at: datetime
    state: ReplyState = ReplyState.QUEUED
    attempts: int = 0
    sent_at: datetime | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that is ours to send now. `attempts` were made before.

    `is_automatic`: nobody wrote it, so that nobody's machine answers it.
    """

    delivery_id: UUID
    mail: Mail
    created_at: datetime
    attempts: int
    is_automatic: bool = False

    @property
    def receiver(self) -> UUID:
        """Return whose places it takes while it is tried: the one mail server's."""
        return UUID(int=0)
