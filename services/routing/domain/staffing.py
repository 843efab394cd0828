"""What owners have to do while a batch of follow-ups is given out, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from services.routing.domain.assignment import Chosen, Known, assign, need_of, weighs_continuity
from services.routing.domain.roster import Roster, roster_of
from shared.contracts.events import ScoredFeedback
from shared.program.document import Program, Team


class Rotation(NamedTuple):
    """The round of one team's owners."""

    tenant: str
    team: str


class CustomerOfTeam(NamedTuple):
    """A customer as one team knows them."""

    tenant: str
    team: str
    customer_id: str


class Assignee(NamedTuple):
    """Somebody of one tenant who can be given follow-ups."""

    tenant: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What has to be known before a batch can be given out.

    How many follow-ups are open with each of `assignees`, and who of the team had each of
    `customers` last, if that follow-up has changed since the moment beside them.
    """

    assignees: frozenset[Assignee]
    customers: dict[CustomerOfTeam, datetime]


@dataclass(slots=True)
class Staffing:
    """The turns, loads and last owners at the moment `now`, and as they become by giving out.

    `loads` has, for each tenant, how many follow-ups are open with each owner.
    """

    now: datetime
    turns: MutableMapping[Rotation, dict[str, int]] = field(default_factory=dict)
    loads: MutableMapping[str, dict[str, int]] = field(default_factory=dict)
    last_owners: MutableMapping[CustomerOfTeam, str] = field(default_factory=dict)
    _rosters: dict[Rotation, Roster] = field(default_factory=dict)

    def inquiry(self, asking: Iterable[tuple[ScoredFeedback, Program]]) -> Inquiry:
        """Return what has to be known of the owners of teams that do more than take turns."""
        assignees: set[Assignee] = set()
        customers: dict[CustomerOfTeam, datetime] = {}
        for scored, program in asking:
            team = program.team_for(scored.feedback.touchpoint)
            roster = self.roster(program, team)
            if roster.weighs_load:
                assignees.update(Assignee(program.tenant, one.owner.id) for one in roster.everybody)
            if weighs_continuity(team):
                customer = CustomerOfTeam(program.tenant, team.id, scored.feedback.customer_id)
                customers[customer] = self.now - timedelta(days=team.continuity_days)
        return Inquiry(assignees=frozenset(assignees), customers=customers)

    def roster(self, program: Program, team: Team) -> Roster:
        """Return who of `team` is there."""
        rotation = Rotation(program.tenant, team.id)
        found = self._rosters.get(rotation)
        if found is None:
            found = self._rosters[rotation] = roster_of(program, team, self.now)
        return found

    def give(
        self, scored: ScoredFeedback, program: Program, positions: MutableMapping[Rotation, int]
    ) -> Chosen:
        """Return who gets the follow-up of `scored`, and count it as theirs."""
        team = program.team_for(scored.feedback.touchpoint)
        rotation = Rotation(program.tenant, team.id)
        customer = CustomerOfTeam(program.tenant, team.id, scored.feedback.customer_id)
        loads = self.loads.setdefault(program.tenant, {})
        turns = self.turns.setdefault(rotation, {})
        known = Known(
            position=positions[rotation],
            turns=turns,
            loads=loads,
            last_owner=self.last_owners.get(customer),
        )
        need = need_of(scored.feedback, scored.language, scored.score.severity, program)
        chosen = assign(self.roster(program, team), need, known)
        owner = chosen.why.owner
        turns[chosen.person.turn] = positions[rotation]
        loads[owner] = loads.get(owner, 0) + 1
        self.last_owners[customer] = owner
        positions[rotation] += 1
        return chosen
