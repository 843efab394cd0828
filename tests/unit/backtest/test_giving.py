"""Follow-ups of a backtest go to those to whom the product would give them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.backtest.giving import given_out
from deploy.backtest.tally import Arrival
from deploy.backtest.workload import hour_of, moment_of
from services.routing.domain.assignment import Need, heard_by, need_of
from services.routing.domain.opening import Rotation, open_followup
from services.routing.domain.staffing import Staffing
from shared.contracts.events import Severity
from shared.program.document import Program
from tests.integration.routing.company import scored
from tests.unit.backtest.support import concluded, job, program, said
from tests.unit.routing.staff import program_of

BEGIN = hour_of(datetime(2026, 11, 20, tzinfo=UTC), UTC)
PLAN = [{"by": "language"}, {"by": "continuity"}]


def plan(**team: Any) -> Program:  # noqa: ANN401
    people: list[dict[str, Any]] = [
        {"id": "ann", "languages": ["en"], "capacity": 3},
        {"id": "bo", "languages": ["th"], "capacity": 2},
        {"id": "cy"},
    ]
    away = [{"owner": "ann", "first_day": "2026-11-21", "last_day": "2026-11-22"}]
    return program_of(people, team=team, absences=away)


arrivals = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from(["th", "en", None]), st.sampled_from("123")),
    max_size=30,
)


@given(arrivals, st.sampled_from([[], PLAN]))
def test_the_simulation_gives_what_the_product_would_give(
    spoken: list[tuple[int, str | None, str]], assignment: list[dict[str, str]]
) -> None:
    chosen = plan(assignment=assignment)
    (team,) = chosen.teams
    positions: defaultdict[Rotation, int] = defaultdict(int)
    events = [
        (hour, scored(n, severity="low", language=language, customer_id=customer).data)
        for n, (hour, language, customer) in enumerate(spoken)
    ]
    needs = [
        heard_by(team, need_of(one.feedback, one.language, Severity.LOW, chosen))
        for _, one in events
    ]
    pairs = sorted(zip(events, needs, strict=True), key=lambda one: (one[0][0], repr(one[1])))
    turns: dict[Rotation, dict[str, int]] = {}
    so_far = Staffing(datetime.min.replace(tzinfo=UTC))
    really: dict[str, Counter[int]] = {name: Counter() for name in team.owners}
    for (hour, event), _ in pairs:
        now = moment_of(BEGIN + hour, UTC)
        staffing = Staffing(now, turns, so_far.loads, so_far.last_owners)
        followup = open_followup(event, chosen, positions, now, staffing)
        really.setdefault(followup.owner or "", Counter())[BEGIN + hour] += 1
    counted = Counter(Arrival("desk", BEGIN + hour, "low", need) for (hour, _), need in pairs)
    assert given_out(chosen, "desk", counted, UTC) == really


def test_a_follow_up_weighs_on_its_owner_until_its_deadline() -> None:
    people = [{"id": "ann", "capacity": 1}, {"id": "bo", "capacity": 10}]
    chosen = program_of(people, team={"assignment": [{"by": "language"}]})
    need = Need(language="en")
    both = {Arrival("desk", BEGIN, "critical", need): 2}  # due after four hours
    at_once = {**both, Arrival("desk", BEGIN + 3, "critical", need): 1}
    later = {**both, Arrival("desk", BEGIN + 4, "critical", need): 1}
    assert given_out(chosen, "desk", at_once, UTC)["bo"][BEGIN + 3] == 1
    assert given_out(chosen, "desk", later, UTC)["ann"][BEGIN + 4] == 1


def test_a_program_without_the_team_gives_nobody_anything() -> None:
    assert given_out(plan(), "gone", {Arrival("gone", BEGIN, "low"): 3}, UTC) == {}


def test_a_changed_team_plan_shows_its_load_before_it_counts() -> None:
    desk, night = program().teams
    away = program().model_copy(
        update={
            "absences": program_of(
                [{"id": "ann"}],
                absences=[{"owner": "ann", "first_day": "2026-01-01", "last_day": "2026-12-31"}],
            ).absences
        }
    )
    events = [said(n, days_ago=2 + n) for n in range(6)]
    result = concluded(job(away), events)
    loads = {one.id: (one.counting, one.candidate) for one in result.teams[0].owners}
    assert loads == {"ann": (3, 0), "bo": (3, 6)}
    assert (desk.id, night.id) == ("desk", "night")
