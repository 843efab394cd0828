"""Identifiers that are computed from what they name, so that a repeat names the same thing."""

from __future__ import annotations

import hashlib
from uuid import UUID

#: Begins the name that stands for nobody where a customer was erased.
ERASED = "erased-"

_VERSION_AND_VARIANT_CLEARED = ~((0xF000 << 64) | (0xC000 << 48))
_VERSION_8_RFC_VARIANT = (0x8000 << 64) | (0x8000 << 48)


def derived_id(*parts: str | int) -> UUID:
    """Return the id of the thing that `parts` name: equal parts give the equal id.

    A version 8 UUID (RFC 9562, section 5.8) over the SHA-256 of the parts. Each part is
    preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    return _named("".join([f"{len(text)}:{text}" for text in map(str, parts)]))


def _named(name: str) -> UUID:
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16])
    return UUID(int=(digest & _VERSION_AND_VARIANT_CLEARED) | _VERSION_8_RFC_VARIANT)


def feedback_id(tenant: str, source: str, event_id: str) -> UUID:
    """Return the id of a feedback event.

    CloudEvents 1.0 makes `source` and `id` together unique; a tenant's events are its own.
    """
    # `derived_id` of the three, without a loop: each event asks for it, in each service.
    return _named(f"{len(tenant)}:{tenant}{len(source)}:{source}{len(event_id)}:{event_id}")
