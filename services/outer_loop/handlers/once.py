"""A command that is sent twice acts once: the second time it gets the first one's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from services.outer_loop.domain.ports import Answer, Once, PlanWork

W = TypeVar("W", bound=PlanWork)
W_co = TypeVar("W_co", bound=PlanWork, covariant=True)


class Transactions(Protocol[W_co]):
    """Opens a transaction for one tenant, with what the command needs in it."""

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[W_co]:
        """Commit at the end, roll back when an error leaves it."""
        ...


async def answer_once(
    plans: Transactions[W],
    tenant: str,
    once: Once | None,
    act: Callable[[W], Awaitable[Answer]],
) -> Answer:
    """Run `act` in a transaction of `tenant`, unless `once` was answered before.

    Two requests with one key that arrive together wait for each other. An error rolls back and
    is not remembered. Raises ReusedKeyError when the key came with another request.
    """
    async with plans.transaction(tenant) as work:
        if once is None:
            return await act(work)
        kept = await work.claim(once)
        if kept is not None:
            return kept
        answer = await act(work)
        await work.keep_answer(once, answer)
        return answer
