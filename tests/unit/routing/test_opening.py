"""Who gets a follow-up, and by when it must be solved."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.opening import Rotation, open_followup
from shared.contracts.events import FollowUpState
from tests.integration.routing.company import NOW, PROGRAM, scored


@given(st.lists(st.sampled_from(["delivery", "billing", "elsewhere"]), max_size=40))
def test_within_a_run_the_owners_of_a_team_share_evenly(touchpoints: list[str]) -> None:
    positions: defaultdict[Rotation, int] = defaultdict(int)
    opened = [
        open_followup(scored(number, touchpoint=place).data, PROGRAM, positions, NOW)
        for number, place in enumerate(touchpoints)
    ]
    for team in PROGRAM.teams:
        shares = Counter(dict.fromkeys(team.owners, 0))
        shares.update(one.owner for one in opened if one.team == team.id and one.owner)
        assert set(shares) == set(team.owners)
        assert max(shares.values()) - min(shares.values()) <= 1


def test_an_unknown_touchpoint_goes_to_the_default_team() -> None:
    opened = open_followup(scored(1, touchpoint="elsewhere").data, PROGRAM, defaultdict(int), NOW)
    assert opened.team == PROGRAM.default_team


def test_the_deadline_runs_from_when_we_learned_of_it() -> None:
    learned = NOW - timedelta(hours=3)
    event = scored(1, severity="critical", received_at=learned)
    opened = open_followup(event.data, PROGRAM, defaultdict(int), NOW)
    assert opened.due_at == learned + timedelta(hours=4)
    assert opened.opened_at == NOW


def test_a_follow_up_opens_assigned_and_keeps_whose_turn_it_was() -> None:
    positions = defaultdict(int, {Rotation("demo", "delivery-care"): 7})
    opened = open_followup(scored(1).data, PROGRAM, positions, NOW)
    assert (opened.state, opened.owner, opened.version) == (FollowUpState.ASSIGNED, "noy", 1)
    assert (opened.turn.place, opened.turn.size) == (2, 3)
    assert positions == {Rotation("demo", "delivery-care"): 8}
