"""Signatures after the Standard Webhooks specification, with secrets that are stored nowhere.

An endpoint's secret is computed from CLOSEDLOOP_SECRET, its id and a salt of its own. A copy of
the database without CLOSEDLOOP_SECRET can sign nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook

SALT_BYTES = 16
_MARK_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The salts of an endpoint's secrets, and a mark of the newer one.

    The secret from before a rotation signs until `previous_until`.
    """

    salt: bytes = field(repr=False)
    mark: bytes = field(repr=False)
    previous_salt: bytes | None = field(default=None, repr=False)
    previous_until: datetime | None = None


def new_keys(master: str, webhook_id: UUID, salt: bytes) -> Keys:
    """Return the keys that `salt`, which must be random, makes."""
    return Keys(salt=salt, mark=_mark(secret_of(master, webhook_id, salt)))


def secret_of(master: str, webhook_id: UUID, salt: bytes) -> str:
    """Return a signing secret as its owner is shown it: whsec_ and 32 bytes in base64."""
    named = b"webhook:" + webhook_id.bytes + salt
    key = hmac.new(master.encode(), named, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(key).decode()}"


def secrets_of(master: str, webhook_id: UUID, keys: Keys, now: datetime) -> list[str]:
    """Return the secrets that sign at `now`, the newer first.

    Empty when CLOSEDLOOP_SECRET is not the one from which the owner's secret was computed: a
    signature that nobody can verify is worth less than none.
    """
    newer = secret_of(master, webhook_id, keys.salt)
    if not hmac.compare_digest(_mark(newer), keys.mark):
        return []
    if keys.previous_salt is None or keys.previous_until is None or keys.previous_until <= now:
        return [newer]
    return [newer, secret_of(master, webhook_id, keys.previous_salt)]


def signed(message_id: str, body: str, now: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers that identify and sign a message (specification, "Webhook headers")."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(message_id, now, body) for secret in secrets
        ),
    }


def _mark(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()[:_MARK_BYTES]
