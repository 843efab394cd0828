"""What is wrong with a calendar or a policy is said with its line and a remedy."""

from __future__ import annotations

import pytest

from shared.program.diff import compare
from shared.program.loading import ProgramError, read_program
from tests.unit.program.samples import DOCUMENT

CALENDAR = """\
calendars:
  - id: office
    name: Office
    time_zone: Europe/Berlin
    holidays: {country: DE, region: BY}
    hours:
      monday: [22:00-06:00]
      tuesday: [08:00-12:00, 13:00-17:00]
    closures:
      - {first_day: 2026-12-24, last_day: 2026-12-31, reason: Christmas}
    openings:
      - {day: 2026-12-27, hours: [09:00-12:00], reason: Returns}
"""
WITH = DOCUMENT + CALENDAR


def _line(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("08:00-12:00, 13", "05:00-12:00, 13", "tuesday:", "before one of monday ends"),
        ("08:00-12:00, 13", "08:00-13:30, 13", "tuesday:", "before one of tuesday ends"),
        ("[22:00-06:00]", "[22-06]", "monday:", "is no shift; write it"),
        ("[22:00-06:00]", "[08:00-08:00]", "monday:", "begins when it ends"),
        ("Europe/Berlin", "Europe/Bonn", "Europe/Bonn", "no time zone of the IANA"),
        ("country: DE", "country: XX", "holidays:", "has no known holidays"),
        ("region: BY", "region: ZZ", "holidays:", "is not one of DE: BB, BE, BW, BY"),
        ("2026-12-31", "2026-12-23", "closures", "up to 365 days later"),
        ("2026-12-31", "2027-12-30", "closures", "up to 365 days later"),
        ("[09:00-12:00]", "[]", "openings", "at least 1 item"),
    ],
)
def test_a_fault_of_a_calendar_is_told_with_its_line(
    old: str, new: str, at: str, says: str
) -> None:
    text = WITH.replace(old, new)
    with pytest.raises(ProgramError) as refused:
        read_program(text)
    (fault,) = refused.value.faults
    assert says in str(fault)
    assert _line(text, at) <= fault.line <= _line(text, at) + 1


def test_a_calendar_without_a_shift_is_refused() -> None:
    hours = WITH[WITH.index("    hours:\n") : WITH.index("    closures:")]
    with pytest.raises(ProgramError, match=r"calendars\.office\.hours: The team never works"):
        read_program(WITH.replace(hours, "    hours: {}\n"))


def test_a_year_that_is_closed_throughout_is_refused() -> None:
    text = WITH.replace("2026-12-24", "2027-01-01").replace("2026-12-31", "2027-12-31")
    with pytest.raises(ProgramError, match="2027 has no open hour"):
        read_program(text)


def test_business_hours_need_a_calendar_for_each_team() -> None:
    text = WITH.replace("high, resolve", "high, clock: business, resolve")
    with pytest.raises(ProgramError, match=r"teams\.desk: Sla counts business hours"):
        read_program(text)
    read_program(text.replace("owners: [ann]}", "owners: [ann], calendar: office}"))


def test_a_team_can_only_take_a_calendar_of_the_program() -> None:
    text = WITH.replace("owners: [ann]}", "owners: [ann], calendar: home}")
    with pytest.raises(ProgramError, match="'home' is not in this program"):
        read_program(text)


def test_more_business_hours_than_five_years_hold_are_refused() -> None:
    text = WITH.replace("owners: [ann]}", "owners: [ann], calendar: office}")
    text = text.replace("high, resolve_hours: 24", "high, clock: business, resolve_hours: 8000")
    with pytest.raises(ProgramError, match="500 weeks, 260 are allowed"):
        read_program(text)


def test_two_policies_for_the_same_customers_are_refused() -> None:
    gold = "  - {severity: high, segment: gold, resolve_hours: 8}\n"
    read_program(DOCUMENT + gold)
    with pytest.raises(ProgramError, match="two policies for high severity, gold"):
        read_program(DOCUMENT + gold + gold)


def test_a_segments_policy_is_not_enough_for_a_severity() -> None:
    text = DOCUMENT.replace("severity: high, resolve", "severity: high, segment: gold, resolve")
    with pytest.raises(ProgramError, match="Add a policy for severity high"):
        read_program(text)


def test_a_changed_policy_of_a_segment_is_told_by_its_name() -> None:
    gold = "  - {severity: high, segment: gold, resolve_hours: 8}\n"
    old, new = (read_program(DOCUMENT + text) for text in (gold, gold.replace("8", "6")))
    assert [change.place for change in compare(old, new)] == [("sla", "high gold", "resolve_hours")]


def test_one_more_closure_is_a_change_of_the_calendar() -> None:
    more = "    openings:\n"
    added = "      - {first_day: 2026-05-01, reason: Moving}\n"
    (change,) = compare(read_program(WITH), read_program(WITH.replace(more, added + more)))
    assert change.place == ("calendars", "office", "closures")
