"""Who gets a follow-up: never nobody, never somebody absent, fairly, and it says why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.assignment import Chosen, Known, Need, assign
from services.routing.domain.opening import Rotation, open_followup
from services.routing.domain.roster import roster_of
from services.routing.domain.staffing import Staffing
from shared.program.document import Owner, Program
from tests.integration.routing.company import NOW as EVENTS_NOW
from tests.integration.routing.company import scored
from tests.unit.routing.staff import NOW, TODAY, Scene, program_of, scenes

AWAY: dict[str, Any] = {"first_day": TODAY, "last_day": TODAY + timedelta(days=10)}


def given_to(program: Program, need: Need | None = None, **known: Any) -> Chosen:  # noqa: ANN401
    roster = roster_of(program, program.teams[0], NOW)
    return assign(roster, need or Need(), Known(**known))


def owners(*names: str, **each: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{"id": name, **each} for name in names]


def prefer(*ways: str, must: Sequence[str] = ()) -> dict[str, Any]:
    return {"assignment": [{"by": by, "must": by in must} for by in ways]}


@given(scenes())
def test_there_is_always_an_owner_and_a_reason(scene: Scene) -> None:
    why = scene.chosen.why
    assert scene.program.owner(why.owner)
    assert why.words[0].isupper() or why.words[0].isdigit()
    assert why.words.endswith(".")
    assert "None" not in why.words


@given(scenes())
def test_nobody_absent_gets_it_while_anybody_else_is_there(scene: Scene) -> None:
    chosen = scene.chosen.why.owner
    if scene.is_away(chosen):
        lead, head = scene.team.lead, scene.program.departments[0].head
        assert scene.there == set()
        assert scene.deputy(lead) is None
        assert scene.deputy(head) is None


@given(scenes())
def test_what_must_be_had_is_had_unless_it_is_an_alarm(scene: Scene) -> None:
    why = scene.chosen.why
    stood_for = [scene.owner(why.owner), *map(scene.owner, why.stands_in_for)]
    for asked in why.asked:
        if asked.must and not why.is_last_resort:
            people = stood_for[:1] if asked.by in {"language", "skill"} else stood_for
            assert any(has(owner, asked.by, scene) for owner in people)


def has(owner: Owner, by: str, scene: Scene) -> bool:
    """Tell, in other words than the product's, whether an owner has what is asked for."""
    need = scene.need
    if by == "account":
        return str(need.account) in owner.accounts
    if by == "continuity":
        return owner.id == scene.known.last_owner
    if by == "language":
        return not owner.languages or any(
            str(need.language).startswith(tag[:2]) for tag in owner.languages
        )
    if by == "skill":
        return not owner.skills or all(skill in owner.skills for skill in need.skills)
    held = owner.places if by == "place" else owner.segments
    return not held or (need.place if by == "place" else need.segment) in held


@given(scenes())
def test_it_is_an_alarm_only_when_nobody_who_is_there_has_what_must_be_had(scene: Scene) -> None:
    why = scene.chosen.why
    if why.is_last_resort and scene.there:
        assert any(asked.must and not asked.met for asked in why.asked)


@given(scenes())
def test_who_is_full_gets_it_only_when_it_says_so(scene: Scene) -> None:
    why = scene.chosen.why
    capacity = scene.owner(why.owner).capacity
    is_full = capacity is not None and scene.known.loads.get(why.owner, 0) >= capacity
    if not why.is_last_resort:
        assert is_full == why.is_full


@given(scenes(), st.randoms(use_true_random=False))
def test_equal_inputs_give_the_same_answer(scene: Scene, chance: Any) -> None:  # noqa: ANN401
    loads = list(scene.known.loads.items())
    chance.shuffle(loads)
    again = replace(scene, known=replace(scene.known, loads=dict(loads)))
    assert again.chosen.why == scene.chosen.why


@cache
def without(absent: frozenset[str]) -> Program:
    return program_of(
        owners("ann", "cy", "bo", "dee", "eve"),
        absences=[{"owner": name, "first_day": TODAY} for name in sorted(absent)],
    )


teams_days = st.lists(st.sets(st.sampled_from(["cy", "dee"])), min_size=1, max_size=30)


@given(teams_days, st.integers(0, 20))
def test_taking_turns_shares_of_those_always_there_differ_by_one_at_most(
    days: list[set[str]], start: int
) -> None:
    positions = defaultdict(int, {Rotation("demo", "desk"): start})
    turns: dict[Rotation, dict[str, int]] = {}
    shares = Counter({"ann": 0, "bo": 0, "eve": 0})
    for number, absent in enumerate(days):
        program = without(frozenset(absent))
        staffing = Staffing(EVENTS_NOW, turns=turns)
        opened = open_followup(scored(number).data, program, positions, EVENTS_NOW, staffing)
        turns = dict(staffing.turns)
        assert opened.owner not in absent
        shares[opened.owner or ""] += 1
        there = [shares[name] for name in ("ann", "bo", "eve")]
        assert max(there) - min(there) <= 1


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 40))
def test_work_is_shared_in_relation_to_capacity(capacities: list[int], count: int) -> None:
    program = program_of(
        [{"id": f"o{n}", "capacity": 10 * one} for n, one in enumerate(capacities)]
    )
    positions: defaultdict[Rotation, int] = defaultdict(int)
    staffing = Staffing(EVENTS_NOW)
    for number in range(count):
        open_followup(scored(number).data, program, positions, EVENTS_NOW, staffing)
    shares = [
        (staffing.loads.get("demo", {}).get(f"o{n}", 0), 10 * one)
        for n, one in enumerate(capacities)
    ]
    assert sum(load for load, _ in shares) == count
    least = min(load / capacity for load, capacity in shares)
    if any(load < capacity for load, capacity in shares):
        assert all((load - 1) / capacity <= least for load, capacity in shares if load)


def test_in_plain_rotation_loads_do_not_count() -> None:
    chosen = given_to(program_of(owners("ann", "bo")), loads={"ann": 9})
    assert (chosen.why.owner, chosen.why.decided_by) == ("ann", "turn")
    assert chosen.why.words == "It was the turn of Ann, 1 of 2 in Desk."
    assert chosen.why.load is None


def test_one_who_stands_in_the_rotation_twice_has_two_turns() -> None:
    program = program_of(owners("ann", "bo"), team={"owners": ["ann", "bo", "ann"]})
    positions: defaultdict[Rotation, int] = defaultdict(int)
    staffing = Staffing(EVENTS_NOW)
    given = [
        open_followup(scored(n).data, program, positions, EVENTS_NOW, staffing).owner
        for n in range(6)
    ]
    assert given == ["ann", "bo", "ann"] * 2


def test_preferences_count_in_their_order() -> None:
    people = [
        {"id": "ann", "languages": ["en"], "accounts": ["A-1"]},
        {"id": "bo", "languages": ["th"]},
    ]
    need = Need(account="A-1", language="th")
    first = program_of(people, team=prefer("account", "language"))
    second = program_of(people, team=prefer("language", "account"))
    assert given_to(first, need).why.words == "Ann looks after the account A-1."
    assert given_to(second, need).why.words == "Bo writes th."
    assert given_to(second, need).why.decided_by == "language"


def test_a_preference_that_nobody_meets_is_told_and_does_not_decide() -> None:
    program = program_of(owners("ann", "bo", languages=["en"]), team=prefer("language"))
    why = given_to(program, Need(language="th"), loads={"ann": 1}).why
    assert (why.owner, why.decided_by, why.is_last_resort) == ("bo", "load", False)
    assert why.words == "Bo has the least to do (0 open); nobody who could have it writes th."


def test_what_must_be_had_and_nobody_has_goes_to_the_lead_as_an_alarm() -> None:
    program = program_of(
        owners("ann", "bo", languages=["en"]),
        team={**prefer("language", must=["language"]), "lead": "bo"},
    )
    why = given_to(program, Need(language="th")).why
    assert (why.owner, why.decided_by, why.is_last_resort) == ("bo", "last_resort", True)
    assert why.words == (
        "An alarm: nobody of Desk could be given it, so it went to Bo, who leads the team;"
        " Ann does not write th, Bo does not write th."
    )


@pytest.mark.parametrize(
    ("skills", "alarm"), [(["legal"], True), (["refunds"], False), ([], False)]
)
def test_a_needed_skill_must_be_had_though_the_team_names_no_preference(
    skills: list[str], alarm: bool
) -> None:
    program = program_of(owners("ann", skills=skills))
    assert given_to(program, Need(skills=("refunds",))).why.is_last_resort is alarm


def test_a_team_may_merely_prefer_a_needed_skill() -> None:
    program = program_of(
        [{"id": "ann", "skills": ["legal"]}, {"id": "bo", "skills": ["refunds"]}],
        team=prefer("skill"),
        absences=[{"owner": "bo", **AWAY}],
    )
    why = given_to(program, Need(skills=("refunds",))).why
    assert (why.owner, why.is_last_resort) == ("ann", False)


def test_the_same_customer_goes_to_the_same_owner() -> None:
    program = program_of(owners("ann", "bo"), team=prefer("continuity"))
    why = given_to(program, last_owner="bo", loads={"bo": 7}).why
    assert why.words == "Bo had this customer last."
    assert given_to(program, last_owner="gone").why.asked == ()


def test_two_follow_ups_of_a_customer_in_one_batch_go_to_one_owner() -> None:
    program = program_of(owners("ann", "bo"), team=prefer("continuity"))
    positions: defaultdict[Rotation, int] = defaultdict(int)
    staffing = Staffing(EVENTS_NOW)
    given = [
        open_followup(
            scored(n, customer_id="C-7").data, program, positions, EVENTS_NOW, staffing
        ).owner
        for n in range(3)
    ]
    assert given == ["ann", "ann", "ann"]


def test_a_full_owner_is_spared_and_a_full_team_says_so() -> None:
    program = program_of(owners("ann", "bo", capacity=2))
    one_full = given_to(program, loads={"ann": 2, "bo": 1}).why
    assert one_full.words == "Bo has room; Ann is full."
    all_full = given_to(program, loads={"ann": 3, "bo": 2}).why
    assert (all_full.owner, all_full.is_full) == ("bo", True)
    assert all_full.words == "Everybody is full: Bo has the least to do (2 of 2 open)."


def test_a_deputy_from_outside_gets_what_the_absent_one_would() -> None:
    program = program_of(
        owners("ann", "bo", "cy"),
        team={"owners": ["ann", "bo"]},
        absences=[{"owner": "ann", "deputy": "cy", **AWAY}],
    )
    why = given_to(program).why
    assert (why.owner, why.stands_in_for) == ("cy", ("ann",))
    assert why.words == (
        "Cy stands in for Ann and was next in turn (1 of 2 in Desk); Ann is away until 30 November."
    )


def test_a_deputy_answers_for_the_accounts_of_the_absent_one_but_cannot_do_what_they_can() -> None:
    people = [
        {"id": "ann", "accounts": ["A-1"], "languages": ["th"]},
        {"id": "bo", "languages": ["en"]},
        {"id": "cy", "languages": ["en"]},
    ]
    away = [{"owner": "ann", "deputy": "cy", **AWAY}]
    account = program_of(people, team=prefer("account"), absences=away)
    assert given_to(account, Need(account="A-1")).why.owner == "cy"
    language = program_of(people, team=prefer("language", must=["language"]), absences=away)
    assert given_to(language, Need(language="th")).why.is_last_resort


def test_deputies_of_deputies_are_followed_and_circles_end() -> None:
    people = owners("ann", "bo", "cy", "dee")
    chain = [
        {"owner": "ann", "deputy": "bo", **AWAY},
        {"owner": "bo", "deputy": "cy", **AWAY},
    ]
    team = {"owners": ["ann"], "lead": "dee"}
    assert given_to(program_of(people, team=team, absences=chain)).why.owner == "cy"
    circle = [*chain, {"owner": "cy", "deputy": "ann", **AWAY}]
    why = given_to(program_of(people, team=team, absences=circle)).why
    assert (why.owner, why.is_last_resort) == ("dee", True)


def test_when_the_lead_is_away_too_the_departments_head_has_it() -> None:
    people = owners("ann", "bo", "cy")  # cy is the head
    away = [{"owner": name, **AWAY} for name in ("ann", "bo")]
    team = {"owners": ["ann"], "lead": "bo"}
    why = given_to(program_of(people, team=team, absences=away)).why
    assert why.words == (
        "An alarm: nobody of Desk could be given it, so it went to Cy, who heads the department;"
        " Ann is away until 30 November."
    )


def test_when_everybody_is_away_the_lead_has_it_all_the_same() -> None:
    people = owners("ann", "bo")
    away = [{"owner": name, **AWAY} for name in ("ann", "bo")]
    why = given_to(program_of(people, absences=away)).why
    assert (why.owner, why.is_last_resort) == ("ann", True)
    assert "who leads the team, though away" in why.words


OFFICE = {
    "id": "office",
    "name": "Office",
    "time_zone": "Asia/Vientiane",
    "hours": {day: ["08:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday")},
}
NIGHT = {**OFFICE, "id": "night", "hours": {"friday": ["16:00-23:00"], "saturday": ["16:00-23:00"]}}


def test_who_works_now_gets_it_before_who_works_later() -> None:
    # In Vientiane it is Friday, 16:30.
    people = [{"id": "ann", "calendar": "office"}, {"id": "bo", "calendar": "night"}]
    why = given_to(program_of(people, calendars=[OFFICE, NIGHT])).why
    assert why.words == "Bo works soonest."


@pytest.mark.parametrize(
    ("first", "last", "chosen"),
    [
        (date(2026, 11, 20), date(2026, 11, 22), "ann"),  # back on Monday, before the work begins
        (date(2026, 11, 23), date(2026, 11, 27), "bo"),  # away when the work begins
    ],
)
def test_an_absence_counts_on_the_day_on_which_one_would_work(
    first: date, last: date, chosen: str
) -> None:
    program = program_of(
        owners("ann", "bo"),
        team={"calendar": "office"},
        calendars=[OFFICE],
        absences=[{"owner": "ann", "first_day": first, "last_day": last}],
    )
    assert given_to(program).why.owner == chosen


def test_an_absence_begins_with_the_day_where_the_team_is() -> None:
    calendar = {**OFFICE, "hours": {day: ["00:00-24:00"] for day in OFFICE["hours"]}}
    program = program_of(
        owners("ann", "bo"),
        team={"calendar": "office"},
        calendars=[calendar],
        absences=[{"owner": "ann", "first_day": date(2026, 11, 24)}],
    )
    team = program.teams[0]
    evening = NOW.replace(day=23, hour=16, minute=59)  # 23:59 in Vientiane
    midnight = evening + timedelta(minutes=1)
    assert [one.owner.id for one in roster_of(program, team, evening).away] == []
    assert [one.owner.id for one in roster_of(program, team, midnight).away] == ["ann"]


def test_of_many_who_were_passed_over_a_few_are_told() -> None:
    names = [f"o{n}" for n in range(40)]
    program = program_of(
        owners(*names, capacity=1), absences=[{"owner": name, **AWAY} for name in names[:30]]
    )
    why = given_to(program).why
    assert len(why.passed_over) == 20
    assert "and 27 more could not have it" in why.words
