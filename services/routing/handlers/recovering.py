"""A customer is given something: offered, approved or refused, one request, one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.followup import FollowUp, StaleVersionError
from services.routing.domain.merging import Person
from services.routing.domain.ports import Answer
from services.routing.domain.recovering import (
    Given,
    Made,
    RecoveryWish,
    Verdict,
    decide,
    offer,
    since,
)
from services.routing.domain.recovery import Recovery
from services.routing.domain.recovery_ports import Recoveries, RecoveryTransactions, Waiting
from services.routing.domain.transitions import Actor
from services.routing.errors import UnknownFollowUpError, UnknownRecoveryError
from services.routing.handlers.changing import ChangeRequest, kept_answer, write
from shared.ids import derived_id
from shared.program.document import Program

#: So many offers that wait are listed; more wait until some are decided.
MOST_WAITING = 200
_HEAD = "department_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRequest:
    """Who wants to give something, or decides on the offer `recovery_id`."""

    tenant: str
    followup_id: UUID
    expected_version: int
    asked: RecoveryWish | Verdict
    person: Person
    recovery_id: UUID | None = None
    key: str = ""

    @property
    def actor(self) -> Actor:
        """Return who asks."""
        return self.person.actor

    @property
    def fingerprint(self) -> bytes:
        """Return a digest of what is asked: equal requests have equal ones."""
        asked = repr((self.followup_id, self.expected_version, self.asked, self.recovery_id))
        return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a follow-up's customer was offered, and what was given so far by what counts now."""

    followup: FollowUp
    recoveries: Sequence[Recovery]
    given: Given


AnswerOf = Callable[[Made], Answer]


async def change_recovery(
    transactions: RecoveryTransactions,
    request: RecoveryRequest,
    *,
    program: Program,
    now: datetime,
    answer_of: AnswerOf,
) -> Answer:
    """Offer, approve or refuse as `request` asks and return the answer, which `answer_of` makes.

    What a customer was given is counted while nobody else gives them anything. With an idempotency
    key, a repeat gets the first one's answer. Raises RoutingError for what is refused; then nothing
    has changed.
    """
    async with transactions.of_recoveries(request.tenant) as recoveries:
        if request.key and (kept := await kept_answer(recoveries, request)):
            return kept
        followup = await _locked(recoveries, request)
        made = await _made(recoveries, followup, request, program, now)
        await write(recoveries, made.changed, _change(request, made))
        await recoveries.keep_recovery(made.recovery)
        answer = answer_of(made)
        if request.key:
            await recoveries.keep_answer(request.actor.subject, request.key, answer)
        return answer


async def read_recovered(
    transactions: RecoveryTransactions,
    tenant: str,
    followup_id: UUID,
    program: Program,
    now: datetime,
) -> Recovered:
    """Return what was offered and given for a follow-up; raises UnknownFollowUpError."""
    async with transactions.of_recoveries(tenant) as recoveries:
        followup = await _found(recoveries, followup_id)
        return Recovered(
            followup=followup,
            recoveries=await recoveries.recoveries(followup_id),
            given=await _given(recoveries, followup, program, now),
        )


async def read_waiting(
    transactions: RecoveryTransactions, tenant: str, actor: Actor, program: Program
) -> Sequence[Waiting]:
    """Return the offers that wait in the teams that `actor` leads or departments that they head."""
    who, roles = actor.subject, actor.roles
    teams = [one.id for one in program.teams if one.lead == who and "team_lead" in roles]
    heads = [one.id for one in program.departments if one.head == who and _HEAD in roles]
    if not (teams or heads):
        return []
    async with transactions.of_recoveries(tenant) as recoveries:
        return await recoveries.waiting(teams, heads, MOST_WAITING)


async def count_waiting(
    transactions: RecoveryTransactions, tenant: str, actor: Actor, program: Program
) -> str:
    """Say how many offers wait for `actor` or above: nothing, '3', or '200+'."""
    found = len(await read_waiting(transactions, tenant, actor, program))
    return f"{found}+" if found == MOST_WAITING else str(found or "")


async def _made(
    recoveries: Recoveries,
    followup: FollowUp,
    request: RecoveryRequest,
    program: Program,
    now: datetime,
) -> Made:
    given = await _given(recoveries, followup, program, now)
    person = request.person
    match request.asked:
        case RecoveryWish() as wish:
            recovery_id = derived_id("recovery", str(followup.followup_id), followup.version + 1)
            return offer(
                recovery_id, followup, wish, person=person, given=given, program=program, now=now
            )
        case Verdict() as verdict:
            recovery = await _offer(recoveries, request)
            return decide(
                recovery, followup, verdict, person=person, given=given, program=program, now=now
            )


async def _given(
    recoveries: Recoveries, followup: FollowUp, program: Program, now: datetime
) -> Given:
    policy = program.recovery
    if policy is None:
        return Given()
    return await recoveries.given(followup, policy.currency, since(policy, now))


async def _offer(recoveries: Recoveries, request: RecoveryRequest) -> Recovery:
    for one in await recoveries.recoveries(request.followup_id):
        if one.recovery_id == request.recovery_id:
            return one
    raise UnknownRecoveryError(f"There is no offer {request.recovery_id} for this follow-up.")


def _change(request: RecoveryRequest, made: Made) -> ChangeRequest:
    return ChangeRequest(
        tenant=request.tenant,
        followup_id=request.followup_id,
        expected_version=request.expected_version,
        command=ChangeFollowUp(note=made.recovery.last.why),
        actor=request.actor,
        actor_name=request.person.name,
    )


async def _locked(recoveries: Recoveries, request: RecoveryRequest) -> FollowUp:
    seen = await _found(recoveries, request.followup_id)
    await recoveries.lock_customer(seen.voice.customer_id)
    followup = await _found(recoveries, request.followup_id, for_update=True)
    if followup.version != request.expected_version:
        raise StaleVersionError(followup, request.expected_version)
    return followup


async def _found(
    recoveries: Recoveries, followup_id: UUID, *, for_update: bool = False
) -> FollowUp:
    followup = await recoveries.find(followup_id, for_update=for_update)
    if followup is None:
        raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
    return followup
