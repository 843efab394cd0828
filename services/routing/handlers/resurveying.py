"""What becomes of a question that nobody answered: a duty for whoever watches the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.followup import FollowUp
from services.routing.domain.promise_ports import Lapsed, Promises, PromiseTransactions
from services.routing.domain.resurvey import Answered, Ending, lapsed, settled
from services.routing.domain.transitions import Actor, Standing
from services.routing.handlers.changing import ChangeRequest, carry_out
from shared.contracts.events import FollowUpState
from shared.program.document import Program

#: So many rounds are looked for at a time.
AT_A_TIME = 100
_PROGRAM = Actor(subject="program", roles=frozenset(), stands_as=Standing.PROGRAM)
_NOBODY = Answered(verdict="no_response")
NO_ANSWER = "Nobody answered the re-survey in time."


async def expire(
    transactions: PromiseTransactions, programs: Mapping[str, Program], now: datetime
) -> int:
    """End some rounds whose time to answer is over; return how many that were.

    A follow-up that is resolved becomes verified with the answer no_response. Each round is ended
    in a transaction of its own, and once, whoever else ends rounds at the same time.
    """
    found = await transactions.lapsed(sorted(programs), now, AT_A_TIME)
    for one in found:
        async with transactions.of_promises(one.tenant) as promises:
            await _end(promises, one, programs[one.tenant], now)
    return len(found)


async def _end(promises: Promises, one: Lapsed, program: Program, now: datetime) -> None:
    followup = await promises.find(one.followup_id, for_update=True)
    rounds = await promises.rounds(one.followup_id)
    asked = next((other for other in rounds if other.number == one.round), None)
    if followup is None or asked is None:
        return
    ending = lapsed(asked, followup, rounds[-1], now)
    if ending is None:  # it was answered, or ended by another, since it was found
        return
    await promises.settle(settled(asked, ending, now))
    await _verify(promises, followup, ending, program, now)


async def _verify(
    promises: Promises, followup: FollowUp, ending: Ending, program: Program, now: datetime
) -> None:
    if ending != "no_response" or followup.state is not FollowUpState.RESOLVED:
        return
    command = ChangeFollowUp(state=FollowUpState.VERIFIED, note=NO_ANSWER, answer=_NOBODY)
    request = ChangeRequest(
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        expected_version=followup.version,
        command=command,
        actor=_PROGRAM,
        actor_name="The program",
    )
    await carry_out(promises, followup, request, program=program, now=now)
