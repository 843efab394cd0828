"""Waiting until the system has taken in what the sample gave it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_PAUSE_S = 0.5


async def settled(
    count: Callable[[], Awaitable[int]], *, enough: int, still_s: float, within_s: float
) -> int:
    """Return `count()` once it reaches `enough`, or stands still, or after `within_s`.

    It stands still when it has not changed for `still_s`.
    """
    deadline = time.monotonic() + within_s
    seen, since = 0, time.monotonic()
    while seen < enough and time.monotonic() < deadline:
        now = await count()
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since >= still_s:
            break
        await asyncio.sleep(_PAUSE_S)
    return seen
