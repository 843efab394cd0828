"""What is wrong with a program's owners and absences as a whole.

It is looked for when a program is checked, not when a stored one is read: whoever assigns passes
over a deputy whom the program does not know, and over a circle of deputies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from shared.program.assignment import Absence
from shared.program.document import Program
from shared.program.source import Place

Found = tuple[Place, str, str]
"""The place at fault, what is wrong, the remedy."""


def faults(program: Program) -> Iterator[Found]:
    """Yield what is wrong."""
    yield from _strangers(program)
    yield from _overlapping(program)
    yield from _circles(program)
    yield from _unknown_calendars(program)
    yield from _skills_of_nobody(program)


def _strangers(program: Program) -> Iterator[Found]:
    for position, absence in enumerate(program.absences):
        for field, name in (("owner", absence.owner), ("deputy", absence.deputy)):
            if name is not None and program.owner(name) is None:
                yield (
                    ("absences", position, field),
                    f"{name!r} is not among the owners.",
                    "Check its spelling, or add them.",
                )


def _overlapping(program: Program) -> Iterator[Found]:
    until: dict[str, date] = {}
    for position, absence in sorted(enumerate(program.absences), key=lambda one: one[1].first_day):
        before = until.get(absence.owner)
        if before is not None and absence.first_day <= before:
            yield (
                ("absences", position),
                f"{absence.owner} is away twice on {absence.first_day}.",
                "Let one absence end before the other begins.",
            )
        until[absence.owner] = max(absence.until, before or absence.until)


def _circles(program: Program) -> Iterator[Found]:
    """Find days on which deputies stand in for each other in a circle.

    Absences that share a day share the day on which the last of them begins.
    """
    told: set[frozenset[str]] = set()
    for position, absence in enumerate(program.absences):
        circle = _circle(program, absence, absence.first_day)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield (
                ("absences", position, "deputy"),
                f"On {absence.first_day} deputies stand in for each other in a circle:"
                f" {' → '.join([*circle, circle[0]])}.",
                "Name somebody who is there.",
            )


def _circle(program: Program, absence: Absence, day: date) -> list[str]:
    """Return those who stand in for each other, from the absent one on; nobody if it ends."""
    way = [absence.owner]
    deputy = absence.deputy
    while deputy is not None and deputy not in way:
        way.append(deputy)
        next_absence = program.absence_of(deputy, day)
        deputy = next_absence.deputy if next_absence else None
    return way if deputy == absence.owner else []


def _unknown_calendars(program: Program) -> Iterator[Found]:
    calendars = {calendar.id for calendar in program.calendars}
    for position, owner in enumerate(program.owners):
        if owner.calendar is not None and owner.calendar not in calendars:
            yield (
                ("owners", position, "calendar"),
                f"{owner.calendar!r} is not among the calendars.",
                "Check its spelling, or add it.",
            )


def _skills_of_nobody(program: Program) -> Iterator[Found]:
    had = {skill for owner in program.owners for skill in owner.skills}
    needed: list[tuple[Place, str | None]] = [
        (("touchpoints", position, "skill"), touchpoint.skill)
        for position, touchpoint in enumerate(program.touchpoints)
    ]
    needed += [
        (("severity_skills", one.value), two) for one, two in program.severity_skills.items()
    ]
    for place, skill in needed:
        if skill is not None and skill not in had:
            yield place, f"No owner has the skill {skill!r}.", "Give it to one, or leave it out."
