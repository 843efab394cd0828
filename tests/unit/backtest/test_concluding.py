from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.backtest.deadlines import fitting_pace
from deploy.backtest.pace import Pace, resolved_a_day
from deploy.backtest.result import Backtest
from deploy.backtest.workload import Due, deadlines_kept
from tests.unit.backtest.support import NOW, concluded, job, program, said
from tests.unit.program.samples import rule

HAPPY = {"scale": "nps", "value": 10}
PROMOTERS = rule("category == 'promoter'", name="fan", severity="critical")


def pace(team: str, resolved: int, *, late: int = 0, days: float = 10) -> Pace:
    return Pace(team, "ann", resolved, late, NOW - timedelta(days=days), NOW)


def test_teams_and_owners_have_what_each_program_gives_them() -> None:
    moved = [one.model_copy(update={"team": "night"}) for one in program().touchpoints]
    events = [said(n) for n in range(5)]
    result = concluded(job(program(touchpoints=tuple(moved))), events)
    desk, night = result.teams
    assert (desk.id, desk.counting, desk.candidate) == ("desk", 5, 0)
    assert [(owner.name, owner.counting) for owner in desk.owners] == [("Ann Lee", 3), ("Bo", 2)]
    assert (night.counting, night.candidate) == (0, 5)
    assert [(owner.name, owner.candidate) for owner in night.owners] == [("Cy", 5)]
    assert max(night.hours_candidate) == sum(night.hours_candidate) == 5


def test_a_team_that_the_candidate_has_not_is_told_all_the_same() -> None:
    merged = [one.model_copy(update={"team": "desk"}) for one in program().touchpoints]
    candidate = program(teams=program().teams[:1], touchpoints=tuple(merged))
    result = concluded(job(candidate), [said(1, touchpoint="bar")])
    assert [(team.id, team.counting, team.candidate) for team in result.teams] == [
        ("desk", 0, 1),
        ("night", 1, 0),
    ]


def test_a_rule_that_is_gone_comes_last_and_has_what_it_drops() -> None:
    counting = program([rule("has_text", name="words"), *program().rules])
    result = concluded(job(program(), counting), [said(1, text="Fine!", rating=HAPPY), said(2)])
    told = {line.id: (line.counting, line.candidate, line.dropped) for line in result.rules}
    assert told == {"words": (1, 0, 1), "detractor": (1, 1, 0)}


def test_changes_of_severity_are_counted_where_both_flag() -> None:
    graver = program([rule("category == 'detractor'", severity="critical")])
    (one,) = concluded(job(graver), [said(1), said(2, rating=HAPPY)]).regraded
    assert (one.counting, one.candidate, one.n) == ("low", "critical", 1)


def simulated(late: int) -> Backtest:
    events = [said(n, days_ago=10) for n in range(30)]
    fans = [said(100 + n, days_ago=10, rating=HAPPY) for n in range(30)]
    more = program([PROMOTERS, *program().rules])
    return concluded(job(more), [*events, *fans], paces=[pace("desk", 30, late=late)])


def test_twice_the_follow_ups_miss_deadlines_at_the_same_pace() -> None:
    deadlines = simulated(late=0).deadlines
    desk, night = deadlines.teams
    assert (desk.a_day, desk.missed_counting) == (3.0, 0)
    assert desk.pace is not None
    assert desk.pace > 3
    assert desk.missed_candidate is not None
    assert desk.missed_candidate > 20
    assert (night.pace, night.missed_candidate) == (None, None)
    assert deadlines.missed_candidate == desk.missed_candidate


def test_a_team_that_was_late_is_simulated_as_late() -> None:
    desk, _ = simulated(late=6).deadlines.teams
    assert desk.missed_counting is not None
    assert 0 < desk.missed_counting <= 6


def test_of_less_than_a_week_no_pace_is_told() -> None:
    assert resolved_a_day([pace("desk", 100, days=6.9)]) is None
    assert resolved_a_day([pace("desk", 70, days=7)]) == 10
    assert resolved_a_day([]) is None


dues = st.lists(st.builds(lambda hour: Due(hour, hour + 24, 1), st.integers(0, 100)), max_size=30)


@given(dues, st.floats(0.5, 50), st.floats(0, 1))
def test_the_fitting_pace_is_never_below_the_real_one_and_fits(
    arrivals: list[Due], a_day: float, late: float
) -> None:
    fitting = fitting_pace(arrivals, a_day=a_day, late=late, until=200)
    kept = deadlines_kept(arrivals, a_day=fitting, until=200)
    assert fitting >= a_day
    assert kept.missed <= late * kept.due or fitting >= 64 * a_day


@pytest.mark.parametrize("events", [0, 3])
def test_the_result_comes_back_from_its_json_as_it_was(events: int) -> None:
    result = concluded(job(program([PROMOTERS])), [said(n) for n in range(events)])
    told = result.model_dump_json()
    assert Backtest.model_validate_json(told).model_dump_json() == told
    assert "description" in Backtest.model_json_schema()["properties"]["events"]
