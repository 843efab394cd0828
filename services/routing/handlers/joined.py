"""Cases of one customer that were made one: what is kept, and erased, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.routing.domain.followup import FollowUp
from services.routing.domain.promise import Promise, holds_words, wants_person
from services.routing.domain.promise_ports import Promises


async def shared_promise(promises: Promises, family: Sequence[FollowUp]) -> Promise:
    """Return what is kept for the first one's page, with a wish for a person made on another's."""
    first, *merged = family
    promise = await promises.promise(first)
    calls = [promise.call_asked_at]
    for one in merged:
        its = await promises.promise(one)
        if wants_person(its, await promises.history(one)):
            calls.append(its.call_asked_at)
    return replace(promise, call_asked_at=max(filter(None, calls), default=None))


async def is_erased(promises: Promises, family: Sequence[FollowUp]) -> bool:
    """Return whether nothing is left to erase."""
    for one in family:
        asked = (await promises.promise(one)).erasure_asked_at
        if asked is None or holds_words(one, await promises.history(one)):
            return False
    return True


async def erase_all(promises: Promises, family: Sequence[FollowUp], now: datetime) -> None:
    """Erase the words of all, and keep that it was asked for."""
    for one in family:
        await promises.keep(replace(await promises.promise(one), erasure_asked_at=now))
        await promises.erase(one.followup_id, now)
