"""Whose key is it: asked of PostgreSQL, remembered for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from services.ingest.adapters.publishers import publisher_of_key
from services.ingest.domain.keys import PREFIX, key_hash
from services.ingest.domain.publisher import Publisher
from shared.postgres.pool import Pool

#: A revoked key works for at most this long in a process that has just seen it.
REMEMBERED_FOR_S = 5.0


class Keyring:
    """Tells the publisher of a key. Only keys that work are remembered, so it stays small."""

    def __init__(self, pool: Pool, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._monotonic = monotonic
        self._remembered: dict[bytes, tuple[float, Publisher]] = {}

    async def publisher_of(self, key: str) -> Publisher | None:
        """Return whose key it is; None for one that is unknown or revoked."""
        if not key.startswith(PREFIX):
            return None
        hashed = key_hash(key)
        until, publisher = self._remembered.get(hashed, (0.0, None))
        if publisher and self._monotonic() < until:
            return publisher
        return await self._ask(hashed)

    async def _ask(self, hashed: bytes) -> Publisher | None:
        self._remembered.pop(hashed, None)
        publisher = await publisher_of_key(self._pool, hashed)
        if publisher:
            self._remembered[hashed] = (self._monotonic() + REMEMBERED_FOR_S, publisher)
        return publisher
