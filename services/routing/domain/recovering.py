"""Who may give a customer how much, alone or with somebody's approval, and who approves.

A limit holds for all that was given so far, not for one gift: the same sum in small parts needs the
same approval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.routing.domain.commands import Changed
from services.routing.domain.followup import FollowUp
from services.routing.domain.merging import Person
from services.routing.domain.recovery import Decided, Decision, Recovery
from services.routing.domain.transitions import WORKERS, Actor, standing, team_of
from services.routing.errors import IncompleteError, NotYoursError, RecoveryError
from shared.program.document import Program
from shared.program.escalation import Level
from shared.program.recovery import Recovery as Policy
from shared.program.recovery import RecoveryKind, RecoveryLimits, has_more_places, places_of

#: How histories and webhooks name a decision.
CHANGES: dict[Decision, str] = {
    "offered": "recovery_offered",
    "approved": "recovery_approved",
    "refused": "recovery_refused",
}
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was given so far: for the case, and to the customer in the days that count."""

    followup: Decimal = NOTHING
    customer: Decimal = NOTHING

    def with_another(self, amount: Decimal) -> Given:
        """Return what it is with `amount` more."""
        return Given(followup=self.followup + amount, customer=self.customer + amount)

    def keeps(self, limits: RecoveryLimits) -> bool:
        """Return whether it is within `limits`."""
        return self.followup <= limits.per_followup and self.customer <= limits.per_customer


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryWish:
    """What somebody wants to give, as it was filled in: parts may be wrong or missing."""

    kind: str
    amount: Decimal | None
    currency: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What somebody decides about an offer."""

    decision: Literal["approved", "refused"]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision and the change of its follow-up."""

    recovery: Recovery
    changed: Changed


def level_for(amount: Decimal, given: Given, policy: Policy) -> Level:
    """Return who has to decide on giving `amount` after what was `given`."""
    after = given.with_another(amount)
    if after.keeps(policy.owner):
        return Level.OWNER
    return Level.LEAD if after.keeps(policy.lead) else Level.HEAD


def left_alone(given: Given, policy: Policy) -> Decimal:
    """Return how much more an owner may give alone."""
    limits = policy.owner
    room = min(limits.per_followup - given.followup, limits.per_customer - given.customer)
    return max(room, NOTHING)


def offer(
    recovery_id: UUID,
    followup: FollowUp,
    wish: RecoveryWish,
    *,
    person: Person,
    given: Given,
    program: Program,
    now: datetime,
) -> Made:
    """Return what `wish` gives the customer, or asks somebody above to give.

    Raises IncompleteError, NotYoursError, or RecoveryError where the follow-up is not open.
    """
    if standing(followup, person.actor, program, now) not in WORKERS:
        raise NotYoursError("Only who works on it offers its customer something.")
    if faults := faults_of(wish, program.recovery):
        raise IncompleteError(faults)
    if not followup.is_open:
        raise RecoveryError(
            f"It is {followup.state.value.replace('_', ' ')}: nothing more is given for it.",
            remedy="Reopen it first, or use the follow-up that it was merged into.",
        )
    decision = _decision_on(wish, given, program)
    after = followup.next_version(now)
    recovery = Recovery(
        recovery_id=recovery_id,
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        customer_id=followup.voice.customer_id,
        kind=_kind(wish.kind),
        amount=wish.amount,
        currency=wish.currency if wish.amount is not None else None,
        first=_decided(decision, wish.why, person, after, program),
    )
    return _made(recovery, after)


def decide(
    recovery: Recovery,
    followup: FollowUp,
    verdict: Verdict,
    *,
    person: Person,
    given: Given,
    program: Program,
    now: datetime,
) -> Made:
    """Return the offer as it is decided.

    Raises RecoveryError (it does not wait, the currency is another one now), NotYoursError (one's
    own offer, or above what one may approve) or IncompleteError (a refusal without a reason).
    """
    if recovery.settled or recovery.given_alone:
        raise RecoveryError(
            f"It was {recovery.decision} by {recovery.last.by_name} already.",
            remedy="Offer something else instead.",
        )
    _refuse_own(recovery, person.actor)
    _refuse_rank(recovery, followup, verdict, person.actor, given, program)
    if verdict.decision == "refused" and not verdict.why.strip():
        raise IncompleteError({"why": "Say why, so that whoever offered it knows what to do."})
    after = followup.next_version(now)
    settled = _decided(verdict.decision, verdict.why, person, after, program)
    return _made(replace(recovery, settled=settled), after)


def faults_of(wish: RecoveryWish, policy: Policy | None) -> dict[str, str]:
    """Return what is wrong with a wish, by field: nothing when it can be offered."""
    if policy is None:
        return {"kind": "The program offers nothing: a CX admin adds a section `recovery` to it."}
    faults = {}
    if wish.kind not in policy.kinds:
        faults["kind"] = f"Choose one of: {', '.join(policy.kinds)}."
    elif fault := _fault_of_amount(wish, policy):
        faults["amount"] = fault
    elif wish.amount is not None and wish.currency != policy.currency:
        faults["currency"] = f"The program counts in {policy.currency}: give the amount in it."
    if not wish.why.strip():
        faults["why"] = "Say what it is for."
    return faults


def _fault_of_amount(wish: RecoveryWish, policy: Policy) -> str:
    if wish.kind == "apology":
        return "" if wish.amount is None else "An apology has no amount: leave it empty."
    if wish.amount is None or wish.amount <= 0:
        return "Say how much, more than nothing."
    places = places_of(policy.currency)
    if has_more_places(wish.amount, places):
        return f"{policy.currency} has {places} digits after the point: round it."
    return ""


def approver_of(level: Level, followup: FollowUp, program: Program) -> str | None:
    """Return who decides at `level`; None where the program has nobody for it any more."""
    if level is Level.HEAD:
        heads = (one.head for one in program.departments if one.id == followup.department)
        return next(heads, None)
    team = team_of(followup, program)
    return team.lead if team else None


def rank_of(actor: Actor, followup: FollowUp, program: Program) -> Level:
    """Return up to which level `actor` decides on what is offered for `followup`."""
    if "department_head" in actor.roles and _is(Level.HEAD, actor, followup, program):
        return Level.HEAD
    if "team_lead" in actor.roles and _is(Level.LEAD, actor, followup, program):
        return Level.LEAD
    return Level.NONE


def _is(level: Level, actor: Actor, followup: FollowUp, program: Program) -> bool:
    return approver_of(level, followup, program) == actor.subject


def _decision_on(wish: RecoveryWish, given: Given, program: Program) -> Decision:
    if wish.amount is None or program.recovery is None:
        return "approved"
    alone = level_for(wish.amount, given, program.recovery) is Level.OWNER
    return "approved" if alone else "offered"


def _refuse_own(recovery: Recovery, actor: Actor) -> None:
    if recovery.first.by == actor.subject:
        raise NotYoursError(
            "Nobody decides on what they offered themselves.",
            remedy="The team's lead or the department's head decides, whoever did not offer it.",
        )


def _refuse_rank(
    recovery: Recovery,
    followup: FollowUp,
    verdict: Verdict,
    actor: Actor,
    given: Given,
    program: Program,
) -> None:
    rank = rank_of(actor, followup, program)
    if rank is Level.NONE:
        raise NotYoursError("Only the team's lead and the department's head decide on offers.")
    if verdict.decision == "refused":
        return
    needed = needed_for(recovery, given, program)
    if rank < needed:
        head = approver_of(needed, followup, program)
        raise NotYoursError(
            "It is above what the team's lead may approve.",
            remedy=f"{program.owner_name(head) if head else 'The head'} of the department decides.",
        )


def needed_for(recovery: Recovery, given: Given, program: Program) -> Level:
    """Return who has to approve an offer after what was `given`; raises RecoveryError."""
    policy = program.recovery
    if policy is None or recovery.currency != policy.currency or recovery.amount is None:
        raise RecoveryError(
            f"The program counts in {recovery.currency} no more.",
            remedy="Refuse it, and offer it in the program's currency.",
        )
    return max(level_for(recovery.amount, given, policy), Level.LEAD)


def _decided(
    decision: Decision, why: str, person: Person, after: FollowUp, program: Program
) -> Decided:
    return Decided(
        decision=decision,
        by=person.actor.subject,
        by_name=person.name,
        why=why.strip(),
        at=after.changed_at,
        version=after.version,
        program_version=program.version,
    )


def _made(recovery: Recovery, after: FollowUp) -> Made:
    change = CHANGES[recovery.decision]
    return Made(
        recovery=recovery, changed=Changed(followup=after, change=change, recovery=recovery)
    )


def _kind(kind: str) -> RecoveryKind:
    match kind:
        case "refund" | "voucher" | "apology":
            return kind
        case _:
            raise AssertionError(f"{kind} was checked")


def since(policy: Policy, now: datetime) -> datetime:
    """Return from when on what a customer was given counts."""
    return now - timedelta(days=policy.customer_days)
