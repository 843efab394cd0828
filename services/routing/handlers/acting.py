"""What a customer does on their own page: a wish, or an answer when asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.commands import ChangeFollowUp, CustomerAct
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import Answer, HistoryEntry
from services.routing.domain.promise import CUSTOMER, CUSTOMER_NAME, MOST_ACTS, Wish, can_reopen
from services.routing.domain.promise_ports import Promises
from services.routing.domain.resurvey import Answered, NotAskedError, answered
from services.routing.errors import RoutingError
from services.routing.handlers.changing import ChangeRequest, carry_out
from services.routing.handlers.joined import erase_all, is_erased
from services.routing.handlers.promising import Guest, PromiseOffice, asked_of, behind
from shared.contracts.events import FollowUpState
from shared.program.document import Program

_ACTS: dict[Wish, CustomerAct] = {
    "not_solved": "customer_added",
    "add": "customer_added",
    "person": "customer_calls",
    "erase": "erasure_asked",
}


class TooManyActsError(RoutingError):
    """The customer has written so much that nobody would read more of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What a customer does: a wish or an answer, in which words, by which pressing of a button."""

    wish: Wish | None = None
    value: int | None = None
    words: str = ""
    key: str = ""

    @property
    def fingerprint(self) -> bytes:
        """Return a digest: the same act, pressed twice, has the same one."""
        said = repr((self.key, self.wish, self.value, self.words))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()


async def act(office: PromiseOffice, guest: Guest, doing: Doing, now: datetime) -> None:
    """Do what a customer asks, once, however often the button is pressed.

    Raises DeadLinkError, TooManyActsError, and NotAskedError for an answer to no question.
    """
    async with office.transactions.of_promises(guest.tenant) as promises:
        subject, key = f"customer:{guest.link.followup_id}", doing.fingerprint.hex()
        if await promises.claim_key(subject, key, doing.fingerprint):
            return
        family = await behind(promises, guest, now, for_update=True)
        followup = family[0]
        _refuse_floods(await promises.history(followup))
        if doing.wish == "erase" and await is_erased(promises, family):
            return
        if doing.value is not None:
            await _answer(promises, followup, doing, guest.program, now)
        elif doing.wish is not None:
            await _wish(promises, family, doing, doing.wish, guest.program, now)
        await promises.keep_answer(subject, key, Answer(status=303, body="", etag=""))


def _refuse_floods(history: Sequence[HistoryEntry]) -> None:
    if sum(entry.actor == CUSTOMER.subject for entry in history) >= MOST_ACTS:
        raise TooManyActsError("There are too many entries of this customer already.")


async def _wish(
    promises: Promises,
    family: Sequence[FollowUp],
    doing: Doing,
    wish: Wish,
    program: Program,
    now: datetime,
) -> None:
    followup = family[0]
    reopens = wish in ("not_solved", "person") and can_reopen(followup)
    command = ChangeFollowUp(
        state=FollowUpState.REOPENED if reopens else None,
        act=None if reopens else _ACTS[wish],
        note=doing.words or None,
    )
    await carry_out(promises, followup, _request(followup, command), program=program, now=now)
    if wish == "person":
        await promises.keep(replace(await promises.promise(followup), call_asked_at=now))
    elif wish == "erase":
        await erase_all(promises, family, now)


async def _answer(
    promises: Promises, followup: FollowUp, doing: Doing, program: Program, now: datetime
) -> None:
    asked = await asked_of(promises, followup)
    if asked is None or doing.value is None:
        raise NotAskedError("Nothing is asked here.")
    ended, answer = answered(asked, doing.value, program, now)
    command = replace(_following(followup, answer), note=doing.words or None, answer=answer)
    await carry_out(promises, followup, _request(followup, command), program=program, now=now)
    await promises.settle(ended)


def _following(followup: FollowUp, answer: Answered) -> ChangeFollowUp:
    """Return what an answer asks for: an unhappy one opens the follow-up again."""
    if answer.verdict == "unhappy":
        return ChangeFollowUp(state=FollowUpState.REOPENED)
    if followup.state is FollowUpState.RESOLVED:
        return ChangeFollowUp(state=FollowUpState.VERIFIED)
    return ChangeFollowUp(act="customer_added")


def _request(followup: FollowUp, command: ChangeFollowUp) -> ChangeRequest:
    return ChangeRequest(
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        expected_version=followup.version,
        command=command,
        actor=CUSTOMER,
        actor_name=CUSTOMER_NAME,
    )
