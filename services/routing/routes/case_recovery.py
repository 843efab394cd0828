"""The part of a case's page where its customer is given something, or it is approved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.routing.bootstrap import Desk
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.recovering import (
    Given,
    RecoveryWish,
    Verdict,
    approver_of,
    left_alone,
    needed_for,
    rank_of,
)
from services.routing.domain.recovery import Decision, Recovery
from services.routing.domain.transitions import WORKERS, Standing
from services.routing.errors import IncompleteError, RecoveryError
from services.routing.handlers.recovering import RecoveryRequest, read_recovered
from services.routing.routes.deps import actor_of
from services.routing.routes.recoveries import AMOUNT, person_of
from shared.contracts.events import Name, Text
from shared.program.document import Program
from shared.program.escalation import Level
from shared.program.recovery import written
from shared.web.auth import Principal

KINDS: Mapping[str, str] = {"refund": "Refund", "voucher": "Voucher", "apology": "Apology"}
_STANDS: Mapping[Decision, str] = {
    "offered": "waits for approval",
    "approved": "approved",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One recovery in words; `waits_for` names who has to approve it, `can_decide` the reader."""

    recovery: Recovery
    words: str
    stands: str
    waits_for: str
    can_decide: bool
    can_approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPart:
    """What the page shows: the kinds to offer, none where nothing can be, and what was offered."""

    kinds: Mapping[str, str]
    currency: str
    left: str
    offered: Sequence[Offered]

    def at(self, entry: HistoryEntry) -> str:
        """Say what an entry of the history gives, or asks to give; nothing for another one."""
        found = (
            one.words
            for one in self.offered
            for decided in (one.recovery.first, one.recovery.settled)
            if decided and decided.version == entry.version
        )
        return next(found, "")


class RecoveryForm(BaseModel):
    """What the part's forms send."""

    version: int
    key: Name
    do: Literal["offer", "approve", "refuse"]
    kind: str = ""
    amount: str = ""
    why: Text = ""
    recovery: UUID | None = None
    form: Literal["offer", ""] = ""

    def asked(self, currency: str) -> RecoveryWish | Verdict:
        """Return the wish or the verdict; raises IncompleteError for what is no amount."""
        match self.do:
            case "offer":
                return RecoveryWish(
                    kind=self.kind, amount=_amount_of(self.amount), currency=currency, why=self.why
                )
            case "approve":
                return Verdict(decision="approved", why=self.why)
            case "refuse":
                return Verdict(decision="refused", why=self.why)


def request_of(
    form: RecoveryForm, followup_id: UUID, who: Principal, program: Program
) -> RecoveryRequest:
    """Return what a form asks for; raises IncompleteError."""
    return RecoveryRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=form.version,
        asked=form.asked(program.recovery.currency if program.recovery else ""),
        person=person_of(who),
        recovery_id=form.recovery,
        key=form.key,
    )


async def recovery_part(
    desk: Desk, who: Principal, followup: FollowUp, position: Standing, program: Program
) -> RecoveryPart:
    """Return the part for one who stands so to the follow-up."""
    found = await read_recovered(
        desk.recoveries, followup.tenant, followup.followup_id, program, desk.clock.now()
    )
    policy = program.recovery
    can_offer = policy is not None and followup.is_open and position in WORKERS
    return RecoveryPart(
        kinds={kind: KINDS[kind] for kind in policy.kinds} if policy and can_offer else {},
        currency=policy.currency if policy else "",
        left=money(left_alone(found.given, policy), policy.currency) if policy else "",
        offered=[
            _offered(one, followup, found.given, who, program) for one in reversed(found.recoveries)
        ],
    )


def money(amount: Decimal, currency: str) -> str:
    """Say an amount with the digits that its currency has: '49.90 EUR'."""
    return f"{written(amount, currency)} {currency}"


def words_of(recovery: Recovery) -> str:
    """Say what it is: 'Refund of 49.90 EUR'."""
    kind = KINDS[recovery.kind]
    if recovery.amount is None or recovery.currency is None:
        return kind
    return f"{kind} of {money(recovery.amount, recovery.currency)}"


def _offered(
    recovery: Recovery, followup: FollowUp, given: Given, who: Principal, program: Program
) -> Offered:
    waits = recovery.decision == "offered"
    rank = rank_of(actor_of(who), followup, program)
    needed = _needed(recovery, given, program) if waits else None
    decides = waits and rank is not Level.NONE and recovery.first.by != who.subject
    approver = approver_of(needed, followup, program) if needed else None
    return Offered(
        recovery=recovery,
        words=words_of(recovery),
        stands=_STANDS[recovery.decision],
        waits_for=program.owner_name(approver) if approver else "",
        can_decide=decides,
        can_approve=decides and needed is not None and rank >= needed,
    )


def _needed(recovery: Recovery, given: Given, program: Program) -> Level | None:
    try:
        return needed_for(recovery, given, program)
    except RecoveryError:
        return None


def _amount_of(typed: str) -> Decimal | None:
    if not typed.strip():
        return None
    if not re.fullmatch(AMOUNT, typed.strip()):
        raise IncompleteError({"amount": "Write the amount with a point, such as 49.90."})
    return Decimal(typed.strip())
