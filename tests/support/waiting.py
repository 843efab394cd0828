"""Waiting for what other processes do: on a condition, never for a time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PAUSE_S = 0.02


@overload
async def until(
    condition: Callable[[], Awaitable[T]], *, within_s: float = ..., pause_s: float = ...
) -> T: ...
@overload
async def until(
    condition: Callable[[], T], *, within_s: float = ..., pause_s: float = ...
) -> T: ...
async def until(
    condition: Callable[[], T | Awaitable[T]],
    *,
    within_s: float = 20.0,
    pause_s: float = PAUSE_S,
) -> T:
    """Return what `condition` returns once that is true; fail when it never is in `within_s`.

    The condition may be a coroutine function. The last value seen stands in the failure.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        seen = condition()
        value = await seen if inspect.isawaitable(seen) else seen
        if value:
            return value
        if loop.time() >= deadline:
            raise AssertionError(f"not within {within_s} s; the last value was {value!r}")
        await asyncio.sleep(pause_s)
