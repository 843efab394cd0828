"""The customer's own link: a token that names a follow-up to us, and nothing to anybody else.

A token is computed, not kept: a synthetic initialization vector in the sense of RFC 5297, made of
HMAC-SHA256. Its first part authenticates the follow-up's id and the link's generation, the second
is both, masked with a stream that the first part seeds. Whoever has the secret reads it back;
without it a token looks like random bytes, and changing any bit makes it another's or nobody's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

#: 30 bytes are 40 characters: no padding, and every character counts.
TOKEN = re.compile(r"[A-Za-z0-9_-]{40}", re.ASCII)
#: Links of one follow-up that can be replaced by a newer one; the last one stays.
LAST_GENERATION = 0xFFFF

_TAG_BYTES = 12
_ID_BYTES = 16
_PURPOSE = b"closedloop:promise:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Which follow-up's page a token opens. A newer `generation` revokes the ones before it."""

    followup_id: UUID
    generation: int = 0


def token_of(link: Link, secret: str) -> str:
    """Return the token of a link: 40 letters, digits, - and _."""
    plain = link.followup_id.bytes + link.generation.to_bytes(2)
    tag = _hash(secret, b"tag:" + plain)[:_TAG_BYTES]
    return urlsafe_b64encode(tag + _masked(plain, tag, secret)).decode()


def link_of(token: str, secret: str) -> Link | None:
    """Return what a token opens; None for one that this secret did not make."""
    if not TOKEN.fullmatch(token):
        return None
    given = urlsafe_b64decode(token)
    tag, masked = given[:_TAG_BYTES], given[_TAG_BYTES:]
    plain = _masked(masked, tag, secret)
    if not hmac.compare_digest(tag, _hash(secret, b"tag:" + plain)[:_TAG_BYTES]):
        return None
    return Link(
        followup_id=UUID(bytes=plain[:_ID_BYTES]), generation=int.from_bytes(plain[_ID_BYTES:])
    )


def _masked(text: bytes, tag: bytes, secret: str) -> bytes:
    stream = _hash(secret, b"mask:" + tag)
    return bytes(one ^ mask for one, mask in zip(text, stream, strict=False))


def _hash(secret: str, what: bytes) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE + what, hashlib.sha256).digest()
