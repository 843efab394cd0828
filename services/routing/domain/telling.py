"""The sentence that tells how an owner was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.routing.domain.roster import Person, Roster
from services.routing.domain.why import MOST_KEPT, Course, PassedOver, Why, day_words

_MOST_TOLD = 3

#: What a preference says of those who fit, and of those who do not.
_PHRASES: Mapping[str, tuple[str, str]] = {
    "account": ("looks after the account {}", "does not look after the account {}"),
    "continuity": ("had this customer last", "did not have this customer last"),
    "language": ("writes {}", "does not write {}"),
    "skill": ("has the skill {}", "does not have the skill {}"),
    "place": ("answers for {}", "does not answer for {}"),
    "segment": ("answers for the segment {}", "does not answer for the segment {}"),
}
_DOES_NOT = {"full": "is full"} | {by: no for by, (_, no) in _PHRASES.items()}


def why_chosen(person: Person, course: Course, roster: Roster) -> Why:
    """Return why `person` of `roster` was chosen, as data and in words."""
    decided = course.decided[-1] if course.decided else "only_one"
    return Why(
        owner=person.owner.id,
        decided_by="last_resort" if course.is_last_resort else decided,
        words=_sentence(person, course, roster),
        asked=tuple(course.asked),
        passed_over=tuple(course.passed_over[:MOST_KEPT]),
        stands_in_for=tuple(owner.id for owner in person.stands_in_for),
        load=course.load,
        capacity=person.owner.capacity,
        is_full=course.is_full,
        is_last_resort=course.is_last_resort,
    )


def _sentence(person: Person, course: Course, roster: Roster) -> str:
    chosen = _resort if course.is_last_resort else _choice
    begin = "Everybody is full: " if course.is_full else ""
    others = [*_unmet(course), *_passed_over(course, roster)]
    end = f"; {', '.join(others)}." if others else "."
    return f"{begin}{chosen(person, course, roster)}{end}"


def _choice(person: Person, course: Course, roster: Roster) -> str:
    name, size = person.owner.name, len(roster.team.owners)
    reasons = [*_standing_in(person, course, roster), *_reasons(person, course)]
    is_in_turn = course.decided[-1:] == ["turn"]
    turn = f"{person.place + 1} of {size} in {roster.team.name}"
    if is_in_turn and not reasons:
        return f"It was the turn of {name}, {turn}"
    if is_in_turn:
        reasons.append(f"was next in turn ({turn})")
    return f"{name} {_listed(reasons or [f'is the only one of {roster.team.name} who is there'])}"


def _reasons(person: Person, course: Course) -> Iterable[str]:
    wanted = {one.by: one.wanted for one in course.asked}
    for by in course.decided:
        if by in wanted:
            yield _PHRASES[by][0].format(wanted[by])
        elif by == "full":
            yield "has room"
        elif by == "hours":
            yield "works soonest"
        elif by == "load":
            yield f"has the least to do ({_load(person, course)})"


def _load(person: Person, course: Course) -> str:
    capacity = person.owner.capacity
    return f"{course.load} of {capacity} open" if capacity else f"{course.load} open"


def _standing_in(person: Person, course: Course, roster: Roster) -> list[str]:
    """Say whose deputy it is, where that is why: no owner of the team, or by what is another's."""
    is_why = person.owner.id not in roster.team.owners or bool(
        {"account", "continuity", "place", "segment"} & set(course.decided)
    )
    names = [owner.name for owner in person.stands_in_for]
    return [f"stands in for {_listed(names)}"] if names and is_why else []


def _resort(person: Person, course: Course, roster: Roster) -> str:
    who = f"{person.owner.name}, who {_rank(person, roster)}"
    return f"An alarm: nobody of {roster.team.name} could be given it, so it went to {who}"


def _rank(person: Person, roster: Roster) -> str:
    if person is roster.lead:
        return "leads the team, though away"
    if person is not roster.last_resort:
        return "is there"
    if person.stands_in_for:
        return f"stands in for {_listed([one.name for one in person.stands_in_for])}"
    return "leads the team" if person.owner.id == roster.team.lead else "heads the department"


def _unmet(course: Course) -> Iterable[str]:
    """Say what was preferred in vain; what had to be had is said of each who lacked it."""
    for one in course.asked:
        if not (one.met or one.must):
            yield f"nobody who could have it {_PHRASES[one.by][0].format(one.wanted)}"


def _passed_over(course: Course, roster: Roster) -> Iterable[str]:
    """Say why the first few were not to be had, and how many more were not."""
    wanted = {one.by: one.wanted for one in course.asked}
    demanded = {one.by for one in course.asked if one.must}
    told = [one for one in course.passed_over if one.by in {"absent", "full"} | demanded]
    if told:
        names = _names(roster)
        for one in told[:_MOST_TOLD]:
            yield f"{names[one.owner]} {_lack(one, wanted)}"
        if len(told) > _MOST_TOLD:
            yield f"and {len(told) - _MOST_TOLD} more could not have it"


def _lack(one: PassedOver, wanted: Mapping[str, str]) -> str:
    if one.until:
        return f"is away until {day_words(one.until)}"
    return _DOES_NOT[one.by].format(wanted.get(one.by, ""))


def _names(roster: Roster) -> dict[str, str]:
    everybody = [*(one.owner for one in roster.people), *(one.owner for one in roster.away)]
    return {owner.id: owner.name for owner in everybody}


def _listed(words: Sequence[str]) -> str:
    """Return 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
