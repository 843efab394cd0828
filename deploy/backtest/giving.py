"""Gives a team's follow-ups to its owners, by the product's own decision. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta, tzinfo

from deploy.backtest.tally import Arrival
from deploy.backtest.workload import moment_of
from services.routing.domain.assignment import Known, assign
from services.routing.domain.roster import Roster, roster_of
from shared.contracts.events import Severity
from shared.program.document import Program, Team

ASSUMPTION = (
    "Owners are chosen as in the product, hour by hour, nobody having anything at the beginning. A"
    " follow-up counts as open with its owner until its deadline, by the hours of the policy for"
    " all customers: so much an owner has to do who is always just in time."
)


def given_out(
    program: Program, team: str, arrivals: Mapping[Arrival, int], zone: tzinfo
) -> dict[str, Counter[int]]:
    """Return how many of `arrivals` each person gets in which hour: the team's owners first.

    Nobody where the program has no such team.
    """
    found = next((one for one in program.teams if one.id == team), None)
    if found is None:
        return {}
    desk = _Desk(program, found, zone)
    for arrival in sorted(arrivals, key=lambda one: (one.hour, one.severity, repr(one.need))):
        for _ in range(arrivals[arrival]):
            desk.give(arrival)
    return desk.given


class _Desk:
    """A team over the hours: what each has got, and what is still open with them."""

    def __init__(self, program: Program, team: Team, zone: tzinfo) -> None:
        self.given: dict[str, Counter[int]] = {owner: Counter() for owner in team.owners}
        self._program, self._team, self._zone = program, team, zone
        self._is_always_the_same = not (
            program.absences or any(owner.calendar for owner in program.owners)
        )
        self._roster: tuple[int, Roster] | None = None
        self._position = 0
        self._turns: dict[str, int] = {}
        self._loads: Counter[str] = Counter()
        self._closing: list[tuple[float, str]] = []
        self._last: dict[str, tuple[int, str]] = {}

    def give(self, arrival: Arrival) -> None:
        """Give one of `arrival` to somebody."""
        hour = arrival.hour
        self._close(hour)
        known = Known(
            position=self._position,
            turns=self._turns,
            loads=self._loads,
            last_owner=self._last_owner(arrival),
        )
        person = assign(self._at(hour), arrival.need, known).person
        owner = person.owner.id
        self.given.setdefault(owner, Counter())[hour] += 1
        self._turns[person.turn] = self._position
        self._position += 1
        self._loads[owner] += 1
        self._last[arrival.need.customer_id] = (hour, owner)
        open_for = self._program.resolve_hours(Severity(arrival.severity))
        heapq.heappush(self._closing, (hour + open_for, owner))

    def _close(self, hour: int) -> None:
        while self._closing and self._closing[0][0] <= hour:
            _, owner = heapq.heappop(self._closing)
            self._loads[owner] -= 1

    def _at(self, hour: int) -> Roster:
        if self._roster is None or not (self._is_always_the_same or self._roster[0] == hour):
            now = moment_of(hour, self._zone)
            self._roster = (hour, roster_of(self._program, self._team, now))
        return self._roster[1]

    def _last_owner(self, arrival: Arrival) -> str | None:
        hour, owner = self._last.get(arrival.need.customer_id, (0, None))
        days = timedelta(hours=arrival.hour - hour)
        is_known = arrival.need.customer_id and days <= timedelta(days=self._team.continuity_days)
        return owner if is_known else None
