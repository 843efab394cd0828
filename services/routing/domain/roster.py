"""Who of a team can be given work at a moment: absences, deputies, working hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.routing.domain.calendar import BusinessTime
from shared.program.document import Absence, BusinessCalendar, Owner, Program, Team

NO_PLACE = -1
_INSTANT = timedelta(microseconds=1)
_CALENDARS_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Person:
    """Somebody who is there.

    `place` is theirs in the team's order, from 0, or that of the absent one for whom they stand
    in, or NO_PLACE. `turn` is the name under which their turns are kept: who stands in the order
    twice has two. `works_at` is now, or when they next begin; in UTC.
    """

    owner: Owner
    place: int
    turn: str
    works_at: datetime
    stands_in_for: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """An owner of the team who is absent until the end of the day `until`."""

    owner: Owner
    until: date


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roster:
    """A team at a moment.

    `people` are those who are there, deputies of absent owners among them, in the team's order.
    `last_resort` is who gets what nobody of them can be given: the lead, the department's head
    where the lead is absent, or a deputy of one of them; None where all of them are absent.
    `accounts` are those that owners of the team look after, the absent ones too.
    """

    team: Team
    lead: Person
    people: tuple[Person, ...]
    away: tuple[Away, ...]
    last_resort: Person | None
    accounts: frozenset[str]
    weighs_load: bool

    @property
    def everybody(self) -> tuple[Person, ...]:
        """All who could be given a follow-up."""
        others = (self.lead, self.last_resort) if self.last_resort else (self.lead,)
        return (*self.people, *others)


def roster_of(program: Program, team: Team, now: datetime) -> Roster:
    """Return who of `team` is there at `now`.

    An owner counts as absent who is away on the day on which they next work, by the calendar of
    theirs or of the team; without one on the present day in the program's time zone.
    """
    hours = _Hours(program, team, now)
    owners = [owner for name in team.owners if (owner := program.owner(name))]
    people, away = _present(hours, owners)
    head = next((one.head for one in program.departments if one.id == team.department), team.lead)
    return Roster(
        team=team,
        lead=_person(hours, program.owner(team.lead) or owners[0], NO_PLACE),
        people=people,
        away=away,
        last_resort=next(_to_turn_to(hours, (team.lead, head)), None),
        accounts=frozenset(account for owner in owners for account in owner.accounts),
        weighs_load=bool(team.assignment) or any(owner.capacity for owner in owners),
    )


def absence_at(program: Program, team: Team, owner: str, now: datetime) -> Absence | None:
    """Return why `owner`, of `team` or not, is given nothing at `now`; None when they are there."""
    found = program.owner(owner)
    return _Hours(program, team, now).absence(found) if found else None


def deputies_of(program: Program, team: Team, owner: str, now: datetime) -> tuple[str, ...]:
    """Return who stands in for `owner` at `now`: their deputy, and theirs if absent, too."""
    found = program.owner(owner)
    return tuple(one.id for one in _Hours(program, team, now).deputies(found)) if found else ()


class _Hours:
    """When the people of a program work, as seen from one team at one moment."""

    def __init__(self, program: Program, team: Team, now: datetime) -> None:
        self._program = program
        self._team = program.calendar_of(team.id)
        self._now = now
        self._known: dict[str | None, tuple[datetime, date]] = {}

    def owner(self, name: str) -> Owner | None:
        return self._program.owner(name)

    def works_at(self, owner: Owner) -> datetime:
        return self._work(owner)[0]

    def absence(self, owner: Owner) -> Absence | None:
        if not self._program.absences:
            return None
        return self._program.absence_of(owner.id, self._work(owner)[1])

    def deputies(self, owner: Owner) -> Iterator[Owner]:
        """Yield the deputy of an absent owner, that one's if absent, and so on: each once."""
        seen, absence = {owner.id}, self.absence(owner)
        while absence and absence.deputy and absence.deputy not in seen:
            deputy = self._program.owner(absence.deputy)
            if deputy is None:
                return
            yield deputy
            seen.add(deputy.id)
            absence = self.absence(deputy)

    def stand_in(self, owner: Owner) -> Owner | None:
        """Return the first of the deputies who is there."""
        return next((one for one in self.deputies(owner) if not self.absence(one)), None)

    def _work(self, owner: Owner) -> tuple[datetime, date]:
        """Return when the owner works, now or next, and the local day of it."""
        found = self._known.get(owner.calendar)
        if found is None:
            found = self._known[owner.calendar] = self._reckoned(owner.calendar)
        return found

    def _reckoned(self, own: str | None) -> tuple[datetime, date]:
        calendar = (self._program.calendar(own) if own else None) or self._team
        begins = _next_open(calendar, self._now) if calendar else self._now.astimezone(UTC)
        zone = calendar.time_zone if calendar else self._program.time_zone
        return begins, begins.astimezone(ZoneInfo(zone)).date()


def _present(hours: _Hours, owners: list[Owner]) -> tuple[tuple[Person, ...], tuple[Away, ...]]:
    """Return those who are there, in the team's order, and those who are not, each once."""
    away: dict[str, Away] = {}
    there: list[Person] = []
    stood_for: dict[str, list[tuple[int, Owner]]] = {}
    turns: Counter[str] = Counter()
    for place, owner in enumerate(owners):
        turns[owner.id] += 1
        absence = hours.absence(owner)
        if absence is None:
            there.append(_person(hours, owner, place, turns[owner.id]))
        elif owner.id not in away:
            away[owner.id] = Away(owner=owner, until=absence.until)
            if deputy := hours.stand_in(owner):
                stood_for.setdefault(deputy.id, []).append((place, owner))
    people = [*_with_deputies(hours, there, stood_for)]
    return tuple(sorted(people, key=lambda one: one.place)), tuple(away.values())


def _with_deputies(
    hours: _Hours, there: list[Person], stood_for: dict[str, list[tuple[int, Owner]]]
) -> Iterator[Person]:
    """Yield everybody, with those for whom they stand in; a colleague has one turn all the same."""
    for person in there:
        absent = stood_for.pop(person.owner.id, [])
        yield replace(person, stands_in_for=tuple(owner for _, owner in absent))
    for name, absent in stood_for.items():
        if deputy := hours.owner(name):
            person = _person(hours, deputy, absent[0][0])
            yield replace(person, stands_in_for=tuple(owner for _, owner in absent))


def _person(hours: _Hours, owner: Owner, place: int, turn: int = 1) -> Person:
    return Person(
        owner=owner,
        place=place,
        turn=owner.id if turn == 1 else f"{owner.id}:{turn}",
        works_at=hours.works_at(owner),
    )


def _to_turn_to(hours: _Hours, names: tuple[str, ...]) -> Iterator[Person]:
    for owner in filter(None, map(hours.owner, names)):
        if not hours.absence(owner):
            yield _person(hours, owner, NO_PLACE)
        elif deputy := hours.stand_in(owner):
            yield replace(_person(hours, deputy, NO_PLACE), stands_in_for=(owner,))


def _next_open(calendar: BusinessCalendar, now: datetime) -> datetime:
    """Return `now` where the calendar is open, else the instant at which it next opens."""
    return _time_of(calendar).after(now, _INSTANT) - _INSTANT


@lru_cache(_CALENDARS_KEPT)
def _time_of(calendar: BusinessCalendar) -> BusinessTime:
    return BusinessTime(calendar)
