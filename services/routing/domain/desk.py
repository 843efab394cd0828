"""The lead's desk: what is open by deadline, age and mark, and who has how much of it.

Everything is counted from one reading of the open follow-ups, cut at the same moments, so the
parts of each picture add up to what is open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.routing.domain.calendar import Clock
from services.routing.domain.ports import Count
from services.routing.domain.roster import Roster, roster_of
from shared.program.document import Owner, Program, Team

HOUR = timedelta(hours=1)
#: The burn-down looks so far ahead.
HOURS_AHEAD = 48
#: Where the ages of open follow-ups are cut, in days, youngest first.
AGE_CUTS = (1, 3, 7, 30)
#: Of more open follow-ups the desk counts those whose time runs out first.
READ_UP_TO = 20_000
#: People learn from what happened lately.
LEARN_FROM = timedelta(days=30)
MOST_TO_LEARN_FROM = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`n` open follow-ups that are alike.

    `due` is the part of the deadlines between `due_cuts`, `age` that of the openings between
    `age_cuts`: the number of cuts at or before the moment.
    """

    due: int
    age: int
    is_paused: bool = False
    is_unowned: bool = False
    is_reopened: bool = False
    is_last_resort: bool = False
    is_escalated: bool = False
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """How many follow-ups run out of time in [start, start + 1 h), and how many of them wait.

    `is_closed`: none of the teams works in that hour.
    """

    start: datetime
    n: int
    paused: int
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How many follow-ups have been open for `older` to `younger` days; None is no end."""

    older: int | None
    younger: int | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is open. Where it is not exact there is more, with deadlines further off.

    `breached` + the hours + `later` are all that is `open`, and so are the `ages`.
    """

    open: int
    is_exact: bool
    unowned: int
    breached: int
    within_an_hour: int
    reopened: int
    last_resort: int
    escalated: int
    paused: int
    later: int
    hours: Sequence[Hour]
    ages: Sequence[Band]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many follow-ups somebody has open, in all their teams, and how many of them are late."""

    open: Count
    late: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the teams that the desk shows.

    `works_at` is now or when they next begin, None while they are absent, the day `away_until`
    included. `stands_in_for` are the absent ones whose work they are given, `deputy` who does
    theirs.
    """

    owner: Owner
    teams: Sequence[str]
    load: Load
    works_at: datetime | None
    away_until: date | None
    stands_in_for: Sequence[str]
    deputy: str | None

    @property
    def is_full(self) -> bool:
        """Whether they have as much as they can take, or more."""
        capacity = self.owner.capacity
        return capacity is not None and self.load.open.number >= capacity

    @property
    def is_away_with_load(self) -> bool:
        """Whether something lies with them that they can't do."""
        return self.away_until is not None and self.load.open.number > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A follow-up worth talking about: it was reopened, or its customer was unhappy again."""

    followup_id: UUID
    team: str
    owner: str | None
    customer: str
    touchpoint: str
    is_unhappy: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read at one moment: groups of at most READ_UP_TO, loads by owner, lessons."""

    groups: Sequence[Group]
    loads: Mapping[str, Load]
    lessons: Sequence[Lesson]


class Desks(Protocol):
    """Knows how a tenant's follow-ups stand."""

    async def read(
        self, tenant: str, team: str | None, owners: Sequence[str], now: datetime
    ) -> Reading:
        """Read what is open in `team`, or in all, and with each of `owners`."""
        ...


def due_cuts(now: datetime) -> list[datetime]:
    """Return where deadlines are cut: now, and each hour after it."""
    return [now + hour * HOUR for hour in range(HOURS_AHEAD + 1)]


def age_cuts(now: datetime) -> list[datetime]:
    """Return where openings are cut, the earliest first."""
    return [now - timedelta(days=days) for days in reversed(AGE_CUTS)]


def part_of(moment: datetime, cuts: Sequence[datetime]) -> int:
    """Return in which part between `cuts` a moment lies, as `Group` numbers it."""
    return bisect_right(cuts, moment)


def standing(
    groups: Sequence[Group], now: datetime, clocks: Sequence[Clock], *, most: int
) -> Standing:
    """Count what is open at `now`; `clocks` are those of the teams, `most` could be read."""

    def count(holds: Callable[[Group], bool]) -> int:
        return sum(group.n for group in groups if holds(group))

    total = count(lambda _: True)
    return Standing(
        open=total,
        is_exact=total < most,
        unowned=count(lambda one: one.is_unowned),
        breached=count(lambda one: one.due == 0),
        within_an_hour=count(lambda one: one.due == 1),
        reopened=count(lambda one: one.is_reopened),
        last_resort=count(lambda one: one.is_last_resort),
        escalated=count(lambda one: one.is_escalated),
        paused=count(lambda one: one.is_paused),
        later=count(lambda one: one.due > HOURS_AHEAD),
        hours=_hours(groups, now, clocks),
        ages=_ages(groups),
    )


def _hours(groups: Sequence[Group], now: datetime, clocks: Sequence[Clock]) -> list[Hour]:
    ends = due_cuts(now)
    return [
        Hour(
            start=start,
            n=sum(one.n for one in groups if one.due == part),
            paused=sum(one.n for one in groups if one.due == part and one.is_paused),
            is_closed=not any(clock.between(start, start + HOUR) for clock in clocks),
        )
        for part, start in enumerate(ends[:-1], start=1)
    ]


def _ages(groups: Sequence[Group]) -> list[Band]:
    edges = (None, *AGE_CUTS, None)
    return [
        Band(
            older=edges[place],
            younger=edges[place + 1],
            n=sum(one.n for one in groups if one.age == len(AGE_CUTS) - place),
        )
        for place in range(len(AGE_CUTS) + 1)
    ]


def members_of(
    program: Program, teams: Iterable[Team], loads: Mapping[str, Load], now: datetime
) -> list[Member]:
    """Return the people of `teams`, each once, those with the most to do first."""
    found: dict[str, Member] = {}
    for team in teams:
        roster = roster_of(program, team, now)
        for owner in filter(None, map(program.owner, dict.fromkeys((*team.owners, team.lead)))):
            before = found.get(owner.id)
            names = (*before.teams, team.name) if before else (team.name,)
            found[owner.id] = _member(roster, owner, names, loads)
    return sorted(found.values(), key=lambda one: (-one.load.open.number, one.owner.name))


def owners_of(teams: Iterable[Team]) -> list[str]:
    """Return whose loads the desk shows."""
    return list(dict.fromkeys(name for team in teams for name in (*team.owners, team.lead)))


_NOTHING = Load(open=Count(0, is_exact=True), late=Count(0, is_exact=True))


def _member(
    roster: Roster, owner: Owner, teams: Sequence[str], loads: Mapping[str, Load]
) -> Member:
    there = next((one for one in roster.everybody if one.owner.id == owner.id), None)
    away = next((one for one in roster.away if one.owner.id == owner.id), None)
    stand_in = (one for one in roster.people if owner in one.stands_in_for)
    return Member(
        owner=owner,
        teams=teams,
        load=loads.get(owner.id, _NOTHING),
        works_at=there.works_at if there and not away else None,
        away_until=away.until if away else None,
        stands_in_for=[one.name for one in there.stands_in_for] if there else [],
        deputy=next((one.owner.name for one in stand_in), None) if away else None,
    )


def lessons_of(found: Iterable[Lesson]) -> list[Lesson]:
    """Return each follow-up once, the latest first; what its customer says counts most."""
    kept: dict[UUID, Lesson] = {}
    for lesson in sorted(found, key=lambda one: (not one.is_unhappy, -one.since.timestamp())):
        kept.setdefault(lesson.followup_id, lesson)
    return sorted(kept.values(), key=lambda one: one.since, reverse=True)
