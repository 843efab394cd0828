"""A person makes two follow-ups one, or two again: one request, one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.followup import FollowUp, StaleVersionError
from services.routing.domain.merging import (
    Belonging,
    Merges,
    MergeTransactions,
    Pair,
    Person,
    hindrance,
    in_order,
    merge,
    split,
)
from services.routing.domain.ports import Answer
from services.routing.domain.transitions import Actor
from services.routing.errors import UnknownFollowUpError
from services.routing.handlers.changing import ChangeRequest, kept_answer, timed, write
from shared.program.document import Program

#: So many others that could be merged are offered.
MOST_OFFERED = 20

Seen = tuple[UUID, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """Who wants two follow-ups to become one, or two again, each at the version that was seen."""

    tenant: str
    act: Literal["merge", "split"]
    younger: Seen
    older: Seen
    person: Person
    note: str | None = None
    key: str = ""

    @property
    def actor(self) -> Actor:
        """Return who asks."""
        return self.person.actor

    @property
    def fingerprint(self) -> bytes:
        """Return a digest of what is asked: equal requests have equal ones."""
        asked = repr((self.act, self.younger, self.older, self.note))
        return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()

    def change_of(self, seen: Seen, *, note: str | None = None) -> ChangeRequest:
        """Return the part of the request that one of the two is changed by."""
        return ChangeRequest(
            tenant=self.tenant,
            followup_id=seen[0],
            expected_version=seen[1],
            command=ChangeFollowUp(note=note),
            actor=self.actor,
            actor_name=self.person.name,
        )


AnswerOf = Callable[[FollowUp, FollowUp], Answer]


async def change_pair(
    transactions: MergeTransactions,
    request: MergeRequest,
    *,
    program: Program,
    now: datetime,
    answer_of: AnswerOf,
) -> Answer:
    """Merge or split as `request` asks; `answer_of` makes the answer of the younger and the older.

    With an idempotency key, a repeat gets the first one's answer. Raises RoutingError for what is
    refused; then nothing has changed.
    """
    async with transactions.of_merges(request.tenant) as merges:
        if request.key and (kept := await kept_answer(merges, request)):
            return kept
        younger, older = await _locked(merges, request)
        pair = await _judged(merges, request, younger, older, program, now)
        pair = await _written(merges, request, pair, program, now)
        answer = answer_of(pair.younger.followup, pair.older.followup)
        if request.key:
            await merges.keep_answer(request.actor.subject, request.key, answer)
        return answer


async def read_belonging(
    transactions: MergeTransactions, tenant: str, followup_id: UUID
) -> Belonging:
    """Return what belongs together with a follow-up; raises UnknownFollowUpError."""
    async with transactions.of_merges(tenant) as merges:
        followup = await _found(merges, followup_id)
        into = await merges.merged(followup_id)
        first, *others = await merges.family(followup_id)
        near = await merges.candidates(followup, MOST_OFFERED) if followup.is_open else []
        return Belonging(
            into=into,
            parent=next(
                (one for one in [first, *others] if into and one.followup_id == into.into), None
            ),
            survivor=first if into else None,
            merged=[] if into else others,
            candidates=[one for one in near if not hindrance(*in_order(followup, one))],
        )


async def _judged(
    merges: Merges,
    request: MergeRequest,
    younger: FollowUp,
    older: FollowUp,
    program: Program,
    now: datetime,
) -> Pair:
    if request.act == "merge":
        return merge(younger, older, request.person, program, now)
    merged = await merges.merged(younger.followup_id)
    return split(younger, older, merged, request.person, program, now)


async def _written(
    merges: Merges, request: MergeRequest, pair: Pair, program: Program, now: datetime
) -> Pair:
    pair = pair._replace(younger=await timed(merges, pair.younger, program))
    await write(merges, pair.younger, request.change_of(request.younger, note=request.note))
    await write(merges, pair.older, request.change_of(request.older))
    if merged := pair.younger.merged:
        await (merges.keep(merged) if request.act == "merge" else merges.end(merged, now))
    return pair


async def _locked(merges: Merges, request: MergeRequest) -> tuple[FollowUp, FollowUp]:
    """Return both, locked in one order, so that two requests never wait for each other."""
    seen = await _found(merges, request.younger[0])
    await merges.lock_customer(seen.voice.customer_id)
    found = {}
    for followup_id in sorted({request.younger[0], request.older[0]}):
        found[followup_id] = await _found(merges, followup_id, for_update=True)
    for followup_id, version in (request.younger, request.older):
        if found[followup_id].version != version:
            raise StaleVersionError(found[followup_id], version)
    return found[request.younger[0]], found[request.older[0]]


async def _found(merges: Merges, followup_id: UUID, *, for_update: bool = False) -> FollowUp:
    followup = await merges.find(followup_id, for_update=for_update)
    if followup is None:
        raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
    return followup
