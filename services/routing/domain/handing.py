"""A follow-up changes hands: somebody takes it, hands theirs over, or a lead gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.routing.domain.followup import FollowUp
from services.routing.domain.roster import absence_at, deputies_of
from services.routing.domain.transitions import JUDGES, Actor, Standing, standing, team_of
from services.routing.domain.why import Named, Why, day_words, why_given, why_taken
from services.routing.errors import IncompleteError, NotYoursError
from shared.contracts.events import FollowUpState
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """To whom a follow-up should go, with which note; `insist` if that one is away."""

    owner: str
    note: str
    insist: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who can be given a follow-up; `away_until` is the last day of an absence."""

    owner: str
    away_until: date | None


def hand(
    followup: FollowUp, wish: Wish, actor: Actor, program: Program, now: datetime
) -> tuple[FollowUp, str]:
    """Return `followup` with the owner that `wish` names, and what happened to it.

    Raises IncompleteError (it is closed, the owner is not of the team or away, what is one's own
    goes without a note) or NotYoursError.
    """
    _refuse_strangers(followup, wish.owner, program, now)
    who = standing(followup, actor, program, now)
    if wish.owner == actor.subject:
        why, name = why_taken(_named(wish.owner, program)), "taken"
    else:
        own = is_own(followup, actor, who)
        _refuse_carelessness(wish, who, own=own)
        _refuse_absent(followup, wish, who, program, now)
        why = _given(wish, actor, program, own=own)
        name = "handed_over" if own else "assigned"
    state = FollowUpState.ASSIGNED if followup.state is FollowUpState.NEW else followup.state
    return replace(followup, owner=wish.owner, state=state, why=why), name


def recipients(followup: FollowUp, program: Program, now: datetime) -> list[Recipient]:
    """Return who can be given `followup`: its team's owners and lead, deputies of its owner."""
    team = team_of(followup, program)
    if team is None:
        return []
    deputies = deputies_of(program, team, followup.owner, now) if followup.owner else ()
    found = []
    for owner in dict.fromkeys([*team.owners, team.lead, *deputies]):
        absence = absence_at(program, team, owner, now)
        found.append(Recipient(owner=owner, away_until=absence.until if absence else None))
    return found


def is_own(followup: FollowUp, actor: Actor, who: Standing) -> bool:
    """Whether `actor` would give away what is theirs, or their absent colleague's.

    What a lead has because nobody of the team could be given it is nobody's own yet.
    """
    if who is Standing.OWNER:
        return True
    return followup.owner == actor.subject and not followup.is_last_resort


def _refuse_strangers(followup: FollowUp, owner: str, program: Program, now: datetime) -> None:
    if not followup.is_open:
        raise IncompleteError({"owner": f"It is {followup.state}: there is nothing to own."})
    if owner not in {one.owner for one in recipients(followup, program, now)}:
        raise IncompleteError({"owner": f"{owner!r} is not an owner of team {followup.team}."})


def _refuse_carelessness(wish: Wish, who: Standing, *, own: bool) -> None:
    if not (own or who in JUDGES):
        raise NotYoursError(
            "Giving what is not yours to someone else takes the team's lead.",
            remedy="Take it yourself, or ask.",
        )
    if own and not wish.note.strip():
        raise IncompleteError({"note": "Say in a note what the next owner has to know."})


def _refuse_absent(
    followup: FollowUp, wish: Wish, who: Standing, program: Program, now: datetime
) -> None:
    found = {one.owner: one.away_until for one in recipients(followup, program, now)}
    until = found[wish.owner]
    if until is None or (wish.insist and who in JUDGES):
        return
    name = program.owner_name(wish.owner)
    remedy = "insist on it" if who in JUDGES else "ask the team's lead"
    detail = f"{name} is away until {day_words(until)}."
    raise IncompleteError({"owner": f"{detail} Choose somebody who is there, or {remedy}."})


def _given(wish: Wish, actor: Actor, program: Program, *, own: bool) -> Why:
    owner, giver = _named(wish.owner, program), _named(actor.subject, program)
    return why_given(owner, giver, wish.note, own=own)


def _named(owner: str, program: Program) -> Named:
    return Named(id=owner, name=program.owner_name(owner))
