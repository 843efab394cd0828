"""What is wrong with owners, absences and preferences is said with its line and a remedy."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.events import Severity
from shared.program.diff import compare
from shared.program.loading import ProgramError, read_program, read_stored
from tests.unit.program.samples import DOCUMENT

ANN = "  - {id: ann, name: Ann Lee, languages: [en, lo]}\n"
OTHERS = """\
  - {id: bo, name: Bo, skills: [refunds], places: [Lisbon], segments: [gold], capacity: 12}
  - {id: cy, name: Cy, accounts: [A-1], calendar: night}
"""
TEAM = """owners: [ann],
     assignment: [{by: account}, {by: language, must: true}, {by: continuity}, {by: hours}],
     continuity_days: 30}"""
MORE = """\
severity_skills: {critical: refunds}
absences:
  - {owner: ann, first_day: 2026-12-24, last_day: 2026-12-31, deputy: bo, reason: Holiday}
  - {owner: bo, first_day: 2027-01-01, deputy: cy}
  - {owner: cy, first_day: 2026-12-30, last_day: 2026-12-30}
calendars:
  - {id: night, name: Night, time_zone: UTC, hours: {monday: [22:00-06:00]}}
"""
WHOLE = (
    DOCUMENT.replace(ANN, ANN + OTHERS)
    .replace("owners: [ann]}", TEAM)
    .replace("The shop, team: desk}", "The shop, team: desk, skill: refunds}")
    + MORE
)


def test_a_program_says_who_gets_what_and_who_is_away() -> None:
    program = read_program(WHOLE)
    (team,) = program.teams
    assert [(one.by, one.must) for one in team.assignment] == [
        ("account", False),
        ("language", True),
        ("continuity", False),
        ("hours", False),
    ]
    assert program.skills_for("shop", Severity.CRITICAL) == ("refunds",)
    assert program.skills_for("elsewhere", Severity.LOW) == ()
    new_year = program.absence_of("bo", date(2027, 1, 1))
    assert new_year is not None
    assert new_year.deputy == "cy"
    assert program.absence_of("bo", date(2027, 1, 2)) is None
    assert program.absence_of("ann", date(2026, 12, 31)) is not None


def _line(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("deputy: bo", "deputy: boo", "absences.0.deputy: 'boo' is not among the owners. Check"),
        ("owner: cy", "owner: cyd", "absences.2.owner: 'cyd' is not among the owners."),
        ("deputy: bo", "deputy: ann", "Nobody stands in for themselves; name another, or none."),
        ("last_day: 2026-12-31", "last_day: 2026-12-23", "It is before the first day."),
        ("owner: bo, first", "owner: ann, first", ""),
        ("2027-01-01, deputy: cy", "2026-12-31, deputy: ann", "each other in a circle: bo → ann"),
        ("capacity: 12", "capacity: 0", "greater than or equal to 1"),
        ("capacity: 12", "capacity: 1001", "less than or equal to 1000"),
        ("calendar: night}", "calendar: day}", "owners.cy.calendar: 'day' is not among the cal"),
        ("team: desk, skill: refunds", "team: desk, skill: refnds", "No owner has the skill 'ref"),
        ("critical: refunds", "critical: legal", "severity_skills.critical: No owner has the sk"),
        ("{by: continuity}", "{by: account}", "Account stands twice; keep one of them."),
        ("{by: hours}", "{by: hours, must: true}", "Hours can only be preferred"),
        ("{by: hours}", "{by: mood}", "Input should be 'account', 'continuity'"),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, says: str) -> None:
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    if not says:
        read_program(text)
        return
    with pytest.raises(ProgramError) as refused:
        read_program(text)
    (fault,) = (one for one in refused.value.faults if says in str(one))
    assert fault.line in {_line(text, new), _line(text, new) - 1}


def test_who_is_away_twice_at_once_is_refused() -> None:
    text = WHOLE.replace("owner: bo, first_day: 2027-01-01", "owner: ann, first_day: 2026-12-31")
    with pytest.raises(ProgramError, match="ann is away twice on 2026-12-31") as refused:
        read_program(text)
    assert refused.value.faults[0].line == _line(text, "2026-12-31, deputy: cy")


def test_a_longer_circle_of_deputies_is_told_once_and_only_where_days_are_shared() -> None:
    circle = WHOLE.replace("last_day: 2026-12-30}", "last_day: 2027-01-01, deputy: ann}").replace(
        "bo, first_day: 2027-01-01", "bo, first_day: 2026-12-31"
    )
    with pytest.raises(ProgramError) as refused:
        read_program(circle)
    (fault,) = refused.value.faults
    assert "On 2026-12-31" in fault.detail
    assert "bo → cy → ann → bo" in fault.detail
    read_program(circle.replace("last_day: 2026-12-31, deputy: bo", "deputy: bo"))


def test_what_counts_already_is_read_whatever_the_check_says_now() -> None:
    text = WHOLE.replace("deputy: bo", "deputy: gone")
    assert read_stored(text, version=3, base=None).absences[0].deputy == "gone"


def test_a_program_from_before_means_what_it_meant() -> None:
    program = read_program(DOCUMENT)
    (team,) = program.teams
    assert (team.assignment, program.absences) == ((), ())
    assert program.owners[0].capacity is None


def test_an_owners_new_skill_is_a_change_of_the_owner() -> None:
    changed = read_program(WHOLE.replace("skills: [refunds]", "skills: [refunds, legal]"))
    (change,) = compare(read_program(WHOLE), changed)
    assert change.place == ("owners", "bo", "skills")
