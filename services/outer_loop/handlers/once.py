"""A command that is sent twice acts once: the second time it gets the first one's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.outer_loop.domain.ports import Answer, Once, Plans, PlanWork


async def answer_once(
    plans: Plans,
    tenant: str,
    once: Once | None,
    act: Callable[[PlanWork], Awaitable[Answer]],
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
