"""The state machine: what leads where, who may do it, what a resolution needs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.commands import ChangeFollowUp, ProposedResolution, change
from services.routing.domain.followup import FollowUp
from services.routing.domain.opening import open_followup
from services.routing.domain.transitions import (
    JUDGES,
    TRANSITIONS,
    Actor,
    Standing,
    allowed,
    standing,
)
from services.routing.errors import (
    ForbiddenTransitionError,
    IncompleteError,
    NotYoursError,
    RoutingError,
)
from shared.contracts.events import FollowUpState
from tests.integration.routing.company import NOW, PROGRAM, scored

OPENED = open_followup(scored(1).data, PROGRAM, defaultdict(int), NOW)  # mali's
MALI = Actor(subject="mali", roles=frozenset({"frontline_owner"}))
NOY = Actor(subject="noy", roles=frozenset({"frontline_owner"}))
LEAD = Actor(subject="vilay", roles=frozenset({"team_lead"}))
OTHER_LEAD = Actor(subject="ana", roles=frozenset({"team_lead"}))
ADMIN = Actor(subject="root", roles=frozenset({"cx_admin"}))
AUDITOR = Actor(subject="mali", roles=frozenset({"auditor"}))
EVERYBODY = [MALI, NOY, LEAD, OTHER_LEAD, ADMIN, AUDITOR]
SOLVED = ProposedResolution(what="late", why="carrier", action_taken="Sent a new one.")

wishes = st.builds(
    ChangeFollowUp,
    state=st.none() | st.sampled_from(FollowUpState),
    owner=st.none() | st.sampled_from(["mali", "noy", "ana", "nobody"]),
    note=st.none() | st.sampled_from(["", "called"]),
    resolution=st.none()
    | st.sampled_from([SOLVED, replace(SOLVED, why="gremlins"), replace(SOLVED, what="")]),
)


@given(st.lists(st.tuples(st.sampled_from(EVERYBODY), wishes), max_size=30))
def test_no_sequence_of_wishes_leads_where_the_table_does_not(
    acts: list[tuple[Actor, ChangeFollowUp]],
) -> None:
    now = OPENED
    for actor, wish in acts:
        try:
            after = change(now, wish, actor, PROGRAM, NOW).followup
        except RoutingError:
            continue
        assert after.version == now.version + 1
        if after.state is not now.state:
            who = standing(replace(now, owner=after.owner), actor, PROGRAM)
            assert who in TRANSITIONS[now.state][after.state]
        if after.owner != now.owner:
            assert after.owner in {"mali", "noy", "somchai"}
        if after.state in {FollowUpState.RESOLVED, FollowUpState.VERIFIED}:
            assert after.resolution is not None
            assert (after.resolution.what, after.resolution.why) == ("late", "carrier")
        now = after


def test_a_clock_that_is_behind_leaves_the_history_in_order() -> None:
    earlier = OPENED.changed_at - timedelta(seconds=1)
    wish = ChangeFollowUp(state=FollowUpState.ACKNOWLEDGED)
    after = change(OPENED, wish, MALI, PROGRAM, earlier).followup
    assert after.changed_at == OPENED.changed_at


@given(wishes)
def test_who_only_reads_changes_nothing(wish: ChangeFollowUp) -> None:
    for actor in (AUDITOR, OTHER_LEAD):
        with pytest.raises((NotYoursError, IncompleteError)):
            change(OPENED, wish, actor, PROGRAM, NOW)


def test_the_table_names_every_state_and_merged_is_the_only_end() -> None:
    assert set(TRANSITIONS) == set(FollowUpState)
    assert [state for state, ways in TRANSITIONS.items() if not ways] == [FollowUpState.MERGED]


def test_every_state_but_new_and_merged_can_be_reached_from_assigned_by_steps() -> None:
    reached = {FollowUpState.ASSIGNED}
    while True:
        further = {target for state in reached for target in TRANSITIONS[state]}
        if further <= reached:
            break
        reached |= further
    assert reached == set(FollowUpState) - {FollowUpState.NEW, FollowUpState.MERGED}


@pytest.mark.parametrize("target", [FollowUpState.VERIFIED, FollowUpState.CLOSED])
def test_nobody_judges_their_own_work(target: FollowUpState) -> None:
    asked_again = {Standing.CUSTOMER, Standing.PROGRAM} & {
        *TRANSITIONS[FollowUpState.RESOLVED][FollowUpState.VERIFIED]
    }
    assert all(
        standings <= JUDGES | asked_again
        for ways in TRANSITIONS.values()
        for state, standings in ways.items()
        if state is target
    )


def _in(state: FollowUpState) -> FollowUp:
    return replace(OPENED, state=state)


def test_a_forbidden_transition_says_which_ones_are_allowed() -> None:
    with pytest.raises(ForbiddenTransitionError) as refused:
        change(OPENED, ChangeFollowUp(state=FollowUpState.CLOSED), MALI, PROGRAM, NOW)
    assert refused.value.allowed == (FollowUpState.ACKNOWLEDGED,)
    assert "acknowledged" in refused.value.remedy


@pytest.mark.parametrize(
    ("proposed", "fields"),
    [
        (
            None,
            {
                "resolution.root_cause.what",
                "resolution.root_cause.why",
                "resolution.action_taken",
            },
        ),
        (replace(SOLVED, what=""), {"resolution.root_cause.what"}),
        (replace(SOLVED, why="gremlins"), {"resolution.root_cause.why"}),
        (replace(SOLVED, action_taken=" \n"), {"resolution.action_taken"}),
    ],
)
def test_resolving_takes_what_why_and_action(
    proposed: ProposedResolution | None, fields: set[str]
) -> None:
    wish = ChangeFollowUp(state=FollowUpState.RESOLVED, resolution=proposed)
    with pytest.raises(IncompleteError) as refused:
        change(_in(FollowUpState.IN_PROGRESS), wish, MALI, PROGRAM, NOW)
    assert set(refused.value.faults) == fields


def test_a_resolution_without_resolving_is_refused() -> None:
    with pytest.raises(IncompleteError, match="goes with the state resolved"):
        change(
            _in(FollowUpState.IN_PROGRESS), ChangeFollowUp(resolution=SOLVED), MALI, PROGRAM, NOW
        )


def test_a_colleague_takes_it_before_working_on_it() -> None:
    acknowledge = ChangeFollowUp(state=FollowUpState.ACKNOWLEDGED)
    with pytest.raises(NotYoursError) as refused:
        change(OPENED, acknowledge, NOY, PROGRAM, NOW)
    assert refused.value.remedy == "Take it first."
    both = replace(acknowledge, owner="noy")
    after = change(OPENED, both, NOY, PROGRAM, NOW)
    assert (after.followup.owner, after.followup.state) == ("noy", FollowUpState.ACKNOWLEDGED)
    assert after.change == "acknowledged"


def test_only_the_lead_gives_it_to_somebody_else() -> None:
    with pytest.raises(NotYoursError):
        change(OPENED, ChangeFollowUp(owner="somchai"), NOY, PROGRAM, NOW)
    assert change(OPENED, ChangeFollowUp(owner="noy"), LEAD, PROGRAM, NOW).change == "assigned"
    with pytest.raises(IncompleteError, match="not an owner of team"):
        change(OPENED, ChangeFollowUp(owner="ana"), LEAD, PROGRAM, NOW)


def test_reopening_forgets_the_resolution_and_starts_the_clock_again() -> None:
    in_progress = _in(FollowUpState.IN_PROGRESS)
    resolve = ChangeFollowUp(state=FollowUpState.RESOLVED, resolution=SOLVED)
    solved = change(in_progress, resolve, MALI, PROGRAM, NOW).followup
    later = NOW + timedelta(days=9)
    reopened = change(
        solved, ChangeFollowUp(state=FollowUpState.REOPENED), MALI, PROGRAM, later
    ).followup
    assert reopened.resolution is None
    assert reopened.due_at == later + timedelta(hours=24)


@pytest.mark.parametrize("wish", [ChangeFollowUp(), ChangeFollowUp(note=" ")])
def test_asking_for_nothing_is_refused(wish: ChangeFollowUp) -> None:
    with pytest.raises(IncompleteError, match="Nothing is to be changed"):
        change(OPENED, wish, MALI, PROGRAM, NOW)


def test_an_owner_who_left_the_team_still_finishes_what_is_theirs() -> None:
    theirs = replace(OPENED, owner="ana")
    ana = Actor(subject="ana", roles=frozenset({"frontline_owner"}))
    assert standing(theirs, ana, PROGRAM) is Standing.OWNER
    assert allowed(theirs, Standing.OWNER) == (FollowUpState.ACKNOWLEDGED,)
