"""The state machine of a follow-up: a closed table of what leads where and who may do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from services.routing.domain.followup import FollowUp
from services.routing.domain.roster import deputies_of
from shared.contracts.events import FollowUpState as S
from shared.program.document import Program, Team


class Standing(Enum):
    """What a person is to one follow-up."""

    OWNER = auto()
    COLLEAGUE = auto()  # an owner of the same team
    LEAD = auto()  # of the follow-up's team
    ADMIN = auto()
    READER = auto()
    CUSTOMER = auto()  # whose feedback it is, by their own link
    PROGRAM = auto()  # what the clock does by the program


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for a change. `stands_as` is for those who have no roles: no request sets it."""

    subject: str
    roles: frozenset[str]
    stands_as: Standing | None = None


WORKERS = frozenset({Standing.OWNER, Standing.LEAD, Standing.ADMIN})
#: Nobody verifies or closes their own work.
JUDGES = frozenset({Standing.LEAD, Standing.ADMIN})

#: The customer opens it again; who could not be reached or wanted no contact, by speaking up.
REOPENERS = WORKERS | {Standing.CUSTOMER}
_BY_CUSTOMER = frozenset({Standing.CUSTOMER})
#: An answer to the re-survey verifies, and the end of the time for one.
_ASKED_AGAIN = frozenset({Standing.CUSTOMER, Standing.PROGRAM})

_ANSWERING = frozenset({"frontline_owner", "team_lead"})
#: A department's head is given what nobody of a team can be given.
_OWNING = _ANSWERING | {"department_head"}

TRANSITIONS: Mapping[S, Mapping[S, frozenset[Standing]]] = {
    S.NEW: {S.ASSIGNED: JUDGES},
    S.ASSIGNED: {S.ACKNOWLEDGED: WORKERS},
    S.ACKNOWLEDGED: {S.CONTACTING: WORKERS, S.IN_PROGRESS: WORKERS},
    S.CONTACTING: {
        S.IN_PROGRESS: WORKERS,
        S.WAITING_CUSTOMER: WORKERS,
        S.UNREACHABLE: WORKERS,
        S.DECLINED_CONTACT: WORKERS,
    },
    S.IN_PROGRESS: {
        S.WAITING_CUSTOMER: WORKERS,
        S.RESOLVED: WORKERS,
        S.UNREACHABLE: WORKERS,
        S.DECLINED_CONTACT: WORKERS,
    },
    S.WAITING_CUSTOMER: {
        S.IN_PROGRESS: WORKERS,
        S.RESOLVED: WORKERS,
        S.UNREACHABLE: WORKERS,
    },
    S.RESOLVED: {S.VERIFIED: JUDGES | _ASKED_AGAIN, S.REOPENED: REOPENERS},
    S.VERIFIED: {S.CLOSED: JUDGES, S.REOPENED: REOPENERS},
    S.CLOSED: {S.REOPENED: REOPENERS},
    S.REOPENED: {S.CONTACTING: WORKERS, S.IN_PROGRESS: WORKERS},
    S.UNREACHABLE: {S.CONTACTING: WORKERS, S.CLOSED: JUDGES, S.REOPENED: _BY_CUSTOMER},
    S.DECLINED_CONTACT: {S.IN_PROGRESS: WORKERS, S.CLOSED: JUDGES, S.REOPENED: _BY_CUSTOMER},
    S.MERGED: {},  # into another one and out of it again: merging.py
}


def standing(
    followup: FollowUp, actor: Actor, program: Program, now: datetime | None = None
) -> Standing:
    """Return what `actor` is to `followup`: the strongest of what their roles make them.

    With `now`, the deputies of an absent owner count as the owner.
    """
    team = team_of(followup, program)
    if actor.stands_as or "cx_admin" in actor.roles:
        return actor.stands_as or Standing.ADMIN
    if "team_lead" in actor.roles and team and team.lead == actor.subject:
        return Standing.LEAD
    if followup.owner == actor.subject and actor.roles & _OWNING:
        return Standing.OWNER
    if actor.roles & _ANSWERING and team:
        if now and _is_deputy(actor.subject, followup, team, program, now):
            return Standing.OWNER
        if actor.subject in team.owners:
            return Standing.COLLEAGUE
    return Standing.READER


def _is_deputy(
    subject: str, followup: FollowUp, team: Team, program: Program, now: datetime
) -> bool:
    return followup.owner is not None and subject in deputies_of(program, team, followup.owner, now)


def team_of(followup: FollowUp, program: Program) -> Team | None:
    """Return the follow-up's team, None when the program has dropped it since."""
    return next((team for team in program.teams if team.id == followup.team), None)


def allowed(followup: FollowUp, who: Standing) -> tuple[S, ...]:
    """Return the states that `who` may bring `followup` to, in the table's order."""
    return tuple(
        state for state, standings in TRANSITIONS[followup.state].items() if who in standings
    )
