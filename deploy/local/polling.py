"""Waiting for other programs, which cannot wake us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PAUSE_S = 0.1


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once `condition` holds; look again every tenth of a second, for ever."""
    while not await condition():  # noqa: ASYNC110 - a program outside sets no event here
        await asyncio.sleep(PAUSE_S)
