"""Two follow-ups become one and two again: who may, which may, and what is as it was."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.changes import event_of
from services.routing.domain.commands import ChangeFollowUp, change
from services.routing.domain.followup import OPEN_STATES, FollowUp
from services.routing.domain.merging import Person, in_order, merge, split
from services.routing.domain.opening import open_followup
from services.routing.domain.sla import StateChange, states_entered
from services.routing.domain.timing import on_the_clock
from services.routing.domain.transitions import Actor
from services.routing.errors import (
    ForbiddenTransitionError,
    IncompleteError,
    NotMergeableError,
    NotYoursError,
)
from shared.contracts.events import FollowUpState as S
from tests.integration.routing.company import NOW, PROGRAM, scored

HOUR = timedelta(hours=1)
MALI = Person(actor=Actor(subject="mali", roles=frozenset({"frontline_owner"})), name="Mali Chan")
NOY = Person(actor=Actor(subject="noy", roles=frozenset({"frontline_owner"})), name="Noy Keo")
LEAD = Person(actor=Actor(subject="vilay", roles=frozenset({"team_lead"})), name="Vilay Sing")
ADMIN = Person(actor=Actor(subject="root", roles=frozenset({"cx_admin"})), name="Root")


def opened(
    number: int,
    *,
    hours: float = 0,
    customer: str = "C-1",
    touchpoint: str = "delivery",
    severity: str = "medium",
    owner: str = "mali",
) -> FollowUp:
    at = NOW + hours * HOUR
    event = scored(
        number,
        received_at=at,
        severity=severity,
        touchpoint=touchpoint,
        customer_id=customer,
    )
    return replace(open_followup(event.data, PROGRAM, defaultdict(int), at), owner=owner)


OLDER, YOUNGER = opened(1), opened(2, hours=20)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(OPEN_STATES)), st.floats(0, 30)), max_size=8),
    st.floats(0, 500),
    st.floats(0, 500),
)
def test_merged_and_split_again_it_is_as_it_was_but_for_version_and_history(
    steps: list[tuple[S, float]], until_merged: float, until_split: float
) -> None:
    at = YOUNGER.opened_at
    history = [StateChange(state=YOUNGER.state, at=at)]
    for state, hours in steps:
        at += hours * HOUR
        history.append(StateChange(state=state, at=at))
    before = timed(replace(YOUNGER, state=history[-1].state), history)
    older = replace(OLDER, due_at=min(OLDER.due_at, before.due_at))
    merged_at = at + until_merged * HOUR
    pair = merge(before, older, MALI, PROGRAM, merged_at)
    history.append(StateChange(state=S.MERGED, at=merged_at))
    gone = timed(pair.younger.followup, history)
    assert (gone.is_open, gone.next_alarm_at, gone.version) == (False, None, before.version + 1)
    split_at = merged_at + until_split * HOUR
    again = split(gone, pair.older.followup, pair.younger.merged, MALI, PROGRAM, split_at)
    history.append(StateChange(state=again.younger.followup.state, at=split_at))
    after = timed(again.younger.followup, history)
    assert after.version == before.version + 2
    assert replace(after, version=before.version, changed_at=before.changed_at) == before
    kept = again.older.followup
    assert replace(kept, version=older.version, changed_at=older.changed_at) == older
    assert kept.version == older.version + 2


def timed(followup: FollowUp, history: list[StateChange]) -> FollowUp:
    return on_the_clock(followup, PROGRAM, states_entered(history))


def test_both_events_say_which_went_into_which() -> None:
    pair = merge(YOUNGER, OLDER, MALI, PROGRAM, NOW + 30 * HOUR)
    told = [event_of(one, "mali").data for one in pair]
    assert [one.change for one in told] == ["merged", "absorbed"]
    assert [one.state for one in told] == [S.MERGED, S.ASSIGNED]
    went = {(one.merge.followup_id, one.merge.into) for one in told if one.merge}
    assert went == {(YOUNGER.followup_id, OLDER.followup_id)}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (YOUNGER, "into itself"),
        (opened(3, customer="C-2"), "another customer's"),
        (opened(3, touchpoint="billing"), "another touchpoint"),
        (opened(3, hours=20 - 7 * 24 - 0.1), "more than 7 days apart"),
        (opened(3, hours=21), "merge it into this one instead"),
    ],
)
def test_what_is_not_one_matter_is_refused_with_the_remedy(other: FollowUp, why: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        merge(YOUNGER, other, ADMIN, PROGRAM, NOW)
    assert why in refused.value.faults["into"]


def test_seven_days_apart_is_near_enough() -> None:
    week = opened(3, hours=20 - 7 * 24)
    assert merge(YOUNGER, week, MALI, PROGRAM, NOW).younger.followup.state is S.MERGED


@given(st.sampled_from(S), st.sampled_from(S))
def test_only_two_open_ones_become_one(younger: S, older: S) -> None:
    pair = replace(YOUNGER, state=younger), replace(OLDER, state=older)
    if {younger, older} <= OPEN_STATES:
        merge(*pair, MALI, PROGRAM, NOW)
        return
    with pytest.raises(NotMergeableError, match="both have to be open"):
        merge(*pair, MALI, PROGRAM, NOW)


def test_nobody_waits_longer_than_promised() -> None:
    urgent = opened(2, hours=20, severity="critical")
    with pytest.raises(NotMergeableError, match="longer than promised"):
        merge(urgent, OLDER, LEAD, PROGRAM, NOW)


@pytest.mark.parametrize("owner", ["mali", "noy"])
def test_who_merges_or_splits_works_on_both(owner: str) -> None:
    younger = replace(YOUNGER, owner=owner)
    merged = merge(younger, OLDER, LEAD, PROGRAM, NOW).younger.merged
    for person in (MALI, NOY, LEAD, ADMIN):
        if person in (LEAD, ADMIN) or owner == person.actor.subject == "mali":
            merge(younger, OLDER, person, PROGRAM, NOW)
            split(replace(younger, state=S.MERGED), OLDER, merged, person, PROGRAM, NOW)
            continue
        with pytest.raises(NotYoursError):
            merge(younger, OLDER, person, PROGRAM, NOW)
        with pytest.raises(NotYoursError):
            split(replace(younger, state=S.MERGED), OLDER, merged, person, PROGRAM, NOW)


def test_only_what_is_merged_into_the_other_is_split_from_it() -> None:
    merged = merge(YOUNGER, OLDER, MALI, PROGRAM, NOW).younger.merged
    for parent, kept in ((OLDER, None), (opened(9), merged)):
        with pytest.raises(NotMergeableError, match="not merged into"):
            split(replace(YOUNGER, state=S.MERGED), parent, kept, MALI, PROGRAM, NOW)


def test_nobody_merges_by_a_mere_step() -> None:
    with pytest.raises(ForbiddenTransitionError):
        change(YOUNGER, ChangeFollowUp(state=S.MERGED), LEAD.actor, PROGRAM, NOW)


def test_the_younger_one_stands_first_and_equal_moments_have_one_order() -> None:
    assert in_order(OLDER, YOUNGER) == in_order(YOUNGER, OLDER) == (YOUNGER, OLDER)
    twin: FollowUp = replace(opened(3), opened_at=OLDER.opened_at)
    assert in_order(OLDER, twin) == in_order(twin, OLDER)


def test_a_split_brings_back_no_contact_that_was_not_made() -> None:
    moments = [NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
    states = [S.ASSIGNED, S.CONTACTING, S.MERGED, S.CONTACTING]
    told = [StateChange(state=one, at=at) for one, at in zip(states, moments, strict=True)]
    assert states_entered(told) == told[:2]
