"""Who gets a follow-up, and why: equal inputs give the same owner, and it is never nobody.

Of a team's people who are there (roster.py) those go who lack what must be had, then those who
are full unless all are. Each preference of the team, in its order, keeps those who fit, if some
do. Of the rest it is who works now or next, then who has the least open in relation to what they
can have, then whose turn is longest ago. A team that states no preference and whose owners have
no capacity only takes turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from services.routing.domain.roster import Person, Roster
from services.routing.domain.telling import why_chosen
from services.routing.domain.why import Asked, Course, PassedOver, Why
from shared.contracts.events import Feedback, Severity
from shared.program.assignment import Preference
from shared.program.document import Owner, Program, Team

#: A skill that is needed must be had, unless the team's preferences say otherwise.
_NEEDED_SKILL = Preference(by="skill", must=True)
_HOURS = Preference(by="hours")
#: What somebody answers for passes to their deputy; what somebody can do does not.
_PASSED_ON = frozenset({"account", "continuity", "place", "segment"})


class Need(NamedTuple):
    """What of a follow-up decides who answers it; None where nothing is said."""

    customer_id: str = ""
    account: str | None = None
    language: str | None = None
    place: str | None = None
    segment: str | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a team's owners: turns, open follow-ups (0 where nothing is said).

    `position` counts the follow-ups that the team was ever given; `turns` has the position of
    the last turn of each. `last_owner` had the customer last.
    """

    position: int = 0
    turns: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    last_owner: str | None = None


class Chosen(NamedTuple):
    """Who gets it, and why."""

    person: Person
    why: Why


def need_of(feedback: Feedback, language: str | None, severity: Severity, program: Program) -> Need:
    """Return what decides who answers what a customer said, in the language it is written in."""
    return Need(
        customer_id=feedback.customer_id,
        account=feedback.account_id,
        language=language,
        place=feedback.place,
        segment=feedback.segment,
        skills=program.skills_for(feedback.touchpoint, severity),
    )


def heard_by(team: Team, need: Need) -> Need:
    """Return `need` without what makes no difference in `team`."""
    ways = {one.by for one in team.assignment}
    return Need(
        customer_id=need.customer_id if "continuity" in ways else "",
        account=need.account if "account" in ways else None,
        language=need.language if "language" in ways else None,
        place=need.place if "place" in ways else None,
        segment=need.segment if "segment" in ways else None,
        skills=need.skills,
    )


def weighs_continuity(team: Team) -> bool:
    """Whether it counts in `team` who had a customer last."""
    return any(one.by == "continuity" for one in team.assignment)


def assign(roster: Roster, need: Need, known: Known) -> Chosen:
    """Return who of `roster` gets the follow-up, and why."""
    choice = _Choice(roster, need, known)
    preferences = _preferences(roster.team, need)
    for preference in preferences:
        if preference.must:
            choice.demand(preference.by)
    if not choice.left:
        return choice.last_resort()
    choice.spare_the_full()
    for preference in preferences:
        if not preference.must:
            choice.prefer(preference.by)
    return choice.made()


def _preferences(team: Team, need: Need) -> Sequence[Preference]:
    if not (team.assignment or need.skills):
        return (_HOURS,)
    named = {one.by for one in team.assignment}
    needed = () if "skill" in named else (_NEEDED_SKILL,)
    return (*needed, *team.assignment, *(() if "hours" in named else (_HOURS,)))


class _Choice:
    """Those who are left, and how it came to be so few."""

    def __init__(self, roster: Roster, need: Need, known: Known) -> None:
        self._roster, self._need, self._known = roster, need, known
        self._course = Course(
            passed_over=[
                PassedOver(owner=one.owner.id, by="absent", until=one.until) for one in roster.away
            ]
        )
        self.left: Sequence[Person] = roster.people
        self._able: Sequence[Person] = roster.people

    def demand(self, by: str) -> None:
        """Keep those who have what must be had, if it is asked for."""
        if wanted := self._wanted(by):
            fit = [one for one in self.left if self._fits(one, by)]
            self._course.asked.append(Asked(by=by, wanted=wanted, must=True, met=bool(fit)))
            self._keep(fit, by)

    def spare_the_full(self) -> None:
        """Keep those who can have one more, if somebody can."""
        able = [one for one in self.left if not self._is_full(one)]
        self._course.is_full = not able
        if able:
            self._keep(able, "full")
        self._able = self.left

    def prefer(self, by: str) -> None:
        """Keep those who fit, if somebody does; or those who work now or, if nobody does, next."""
        if by == "hours":
            self._keep_least("hours", lambda one: one.works_at.timestamp())
        elif wanted := self._wanted(by):
            fit = [one for one in self._able if self._fits(one, by)]
            self._course.asked.append(Asked(by=by, wanted=wanted, met=bool(fit)))
            if kept := [one for one in self.left if one in fit]:
                self._keep(kept, by)

    def made(self) -> Chosen:
        """Return the one who has the least to do, where that counts, and is next in turn."""
        if self._roster.weighs_load:
            most = max(one.owner.capacity or 1 for one in self.left)
            self._keep_least("load", lambda one: self._load(one) / (one.owner.capacity or most))
        self._keep_least("turn", self._last_turn)
        return self._chosen(self.left[0])

    def last_resort(self) -> Chosen:
        """Return the lead or who is there instead: nobody is left of those who could have it."""
        self._course.is_last_resort = True
        if self._roster.last_resort:
            return self._chosen(self._roster.last_resort)
        if self._roster.people:
            self.left = self._roster.people
            return self.made()
        return self._chosen(self._roster.lead)

    def _chosen(self, person: Person) -> Chosen:
        if self._roster.weighs_load:
            self._course.load = self._load(person)
        return Chosen(person, why_chosen(person, self._course, self._roster))

    def _keep(self, kept: Sequence[Person], by: str) -> None:
        if len(kept) < len(self.left):
            gone = [one for one in self.left if one not in kept]
            self._course.passed_over += [PassedOver(owner=one.owner.id, by=by) for one in gone]
            self._course.decided.append(by)
            self.left = kept

    def _keep_least(self, by: str, measure: Callable[[Person], float]) -> None:
        if len(self.left) > 1:
            measured = [measure(one) for one in self.left]
            least = min(measured)
            if least < max(measured):
                pairs = zip(self.left, measured, strict=True)
                self._course.decided.append(by)
                self.left = [one for one, n in pairs if n == least]

    def _load(self, person: Person) -> int:
        return self._known.loads.get(person.owner.id, 0)

    def _is_full(self, person: Person) -> bool:
        capacity = person.owner.capacity
        return capacity is not None and self._load(person) >= capacity

    def _last_turn(self, person: Person) -> int:
        """Return the position of the last turn; without one, of the last one due to the place."""
        position, size = self._known.position, len(self._roster.team.owners)
        due = position - size + (person.place - position) % size
        return self._known.turns.get(person.turn, due)

    def _wanted(self, by: str) -> str | None:
        """Return what the follow-up asks for; None for nothing, or what no owner can have."""
        need, last_owner = self._need, self._known.last_owner
        asked = {
            "account": need.account if need.account in self._roster.accounts else None,
            "continuity": last_owner if last_owner in self._roster.team.owners else None,
            "language": need.language,
            "place": need.place,
            "segment": need.segment,
            "skill": ", ".join(need.skills),
        }
        return asked[by]

    def _fits(self, person: Person, by: str) -> bool:
        return self._has(person.owner, by) or (
            by in _PASSED_ON and any(self._has(owner, by) for owner in person.stands_in_for)
        )

    def _has(self, owner: Owner, by: str) -> bool:
        need = self._need
        match by:
            case "account":
                return need.account in owner.accounts
            case "continuity":
                return owner.id == self._known.last_owner
            case "language":
                return _covers(map(_bare, owner.languages), [_bare(need.language or "")])
            case "skill":
                return _covers(owner.skills, need.skills)
            case "place":
                return _covers(owner.places, [need.place])
            case _:
                return _covers(owner.segments, [need.segment])


def _covers(held: Iterable[str | None], wanted: Iterable[str | None]) -> bool:
    """Tell whether all that is wanted is held: who names nothing has anything."""
    named = set(held)
    return not named or named.issuperset(wanted)


@lru_cache(1000)
def _bare(tag: str) -> str:
    """Return the language of a tag, without script and country."""
    return tag.split("-", maxsplit=1)[0].lower()
