"""Attempts to reach a customer: where they lead, and how many there have to be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.routing.domain.commands import ChangeFollowUp, change, in_steps
from services.routing.domain.contacts import (
    Contact,
    ContactAttempt,
    in_vain,
    refuse_too_few,
    tally_of,
)
from services.routing.domain.followup import FollowUp
from services.routing.domain.opening import open_followup
from services.routing.domain.sla import StateChange, states_entered
from services.routing.domain.timetable import Step
from services.routing.domain.timing import on_the_clock
from services.routing.domain.transitions import TRANSITIONS, Actor
from services.routing.errors import (
    IncompleteError,
    NoContactError,
    NotYoursError,
    TooFewAttemptsError,
)
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import FollowUpState
from shared.program.contact import UnreachableAfter
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

S = FollowUpState
MALI = Actor(subject="mali", roles=frozenset({"frontline_owner"}))
NOY = Actor(subject="noy", roles=frozenset({"frontline_owner"}))
CALL = Contact(channel=ContactChannel.PHONE, outcome=ContactOutcome.NO_ANSWER)
OPENED = open_followup(scored(1, severity="medium").data, PROGRAM, defaultdict(int), NOW)
THRICE = Program.model_validate({**DOCUMENT, "contact": {}})  # 3 attempts on 2 days
#: 01:00 of the next day in Vientiane.
LATE = NOW.replace(hour=18)


def attempt(version: int, outcome: str = "no_answer", at: datetime = NOW) -> ContactAttempt:
    return ContactAttempt(
        followup_id=UUID(int=1),
        version=version,
        tenant="demo",
        channel=ContactChannel.PHONE,
        outcome=ContactOutcome(outcome),
        at=at,
        by="mali",
        by_name="Mali Chan",
        note=None,
    )


def in_state(state: FollowUpState) -> FollowUp:
    return replace(OPENED, state=state)


@pytest.mark.parametrize("state", FollowUpState)
def test_a_contact_leads_where_the_table_allows_or_is_refused(state: FollowUpState) -> None:
    now = in_state(state)
    try:
        for command in in_steps(now, ChangeFollowUp(contact=CALL)):
            after = change(now, command, MALI, PROGRAM, NOW).followup
            assert after.state is now.state or after.state in TRANSITIONS[now.state]
            now = after
    except NoContactError:
        assert state in {S.NEW, S.VERIFIED, S.CLOSED, S.MERGED, S.DECLINED_CONTACT}
    else:
        begins = {S.ASSIGNED, S.ACKNOWLEDGED, S.REOPENED, S.UNREACHABLE}
        assert now.state is (S.CONTACTING if state in begins else state)


def test_a_contact_is_told_of_by_its_own_name() -> None:
    changed = change(in_state(S.IN_PROGRESS), ChangeFollowUp(contact=CALL), MALI, PROGRAM, NOW)
    assert (changed.change, changed.contact) == ("contacted", CALL)


def test_who_does_not_have_it_logs_no_contact() -> None:
    with pytest.raises(NotYoursError, match="Take it first"):
        change(in_state(S.IN_PROGRESS), ChangeFollowUp(contact=CALL), NOY, PROGRAM, NOW)


@pytest.mark.parametrize("more", [{"state": S.RESOLVED}, {"owner": "noy"}])
def test_a_contact_goes_with_no_other_change(more: dict[str, str]) -> None:
    wish = replace(ChangeFollowUp(contact=CALL), **more)  # type: ignore[arg-type]  # either field
    with pytest.raises(IncompleteError):
        change(in_state(S.IN_PROGRESS), wish, MALI, PROGRAM, NOW)


@pytest.mark.parametrize("channel", [ContactChannel.PHONE, ContactChannel.VISIT])
def test_what_is_spoken_is_not_sent(channel: ContactChannel) -> None:
    sent = ChangeFollowUp(contact=Contact(channel=channel, outcome=ContactOutcome.SENT))
    with pytest.raises(IncompleteError, match="not sent"):
        change(in_state(S.IN_PROGRESS), sent, MALI, PROGRAM, NOW)


def test_nobody_is_unreachable_before_they_were_tried_as_the_program_asks() -> None:
    gives_up, now = ChangeFollowUp(state=S.UNREACHABLE), in_state(S.CONTACTING)
    tried = [attempt(2), attempt(3)]
    with pytest.raises(TooFewAttemptsError, match="2 of 3 attempts, on 1 of 2 days"):
        change(now, gives_up, MALI, THRICE, NOW, tried=tried)
    with pytest.raises(TooFewAttemptsError, match="3 of 3 attempts, on 1 of 2 days"):
        change(now, gives_up, MALI, THRICE, NOW, tried=[*tried, attempt(4)])
    with pytest.raises(TooFewAttemptsError):
        change(now, gives_up, MALI, THRICE, NOW)
    tried = [*tried, attempt(4, at=LATE)]
    assert change(now, gives_up, MALI, THRICE, NOW, tried=tried).followup.state is S.UNREACHABLE


def test_days_are_those_of_the_program_s_time_zone() -> None:
    spread = [attempt(2), attempt(3, at=LATE)]
    assert tally_of(spread, THRICE).days == 2  # the same day in UTC
    utc = Program.model_validate({**DOCUMENT, "contact": {}, "time_zone": "UTC"})
    assert tally_of(spread, utc).days == 1


@pytest.mark.parametrize("reached", ["reached", "callback_agreed", "declined"])
def test_who_was_reached_has_to_be_tried_anew(reached: str) -> None:
    tried = in_vain([attempt(2), attempt(3), attempt(4, reached), attempt(5, "sent")], [])
    assert [one.version for one in tried] == [5]


@pytest.mark.parametrize("anew", ["reopened", "unreachable"])
def test_attempts_from_before_it_began_anew_do_not_count(anew: str) -> None:
    changes = [(2, "contacted"), (3, anew), (4, "contacted")]
    assert in_vain([attempt(2), attempt(4)], changes) == [attempt(4)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ContactOutcome), st.integers(0, 5), st.sampled_from(["", "reopened"])
        ),
        max_size=12,
    ),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_who_may_be_given_up_was_tried_often_enough(
    acts: list[tuple[ContactOutcome, int, str]], attempts: int, days: int
) -> None:
    needed = {"attempts": max(attempts, days), "days": days}
    program = Program.model_validate({**DOCUMENT, "contact": {"unreachable_after": needed}})
    tried, changes, expected = [], [], list[datetime]()
    for version, (outcome, day, then) in enumerate(acts, 1):
        at = NOW + timedelta(days=day)
        tried.append(attempt(2 * version, outcome, at))
        changes.append((2 * version + 1, then))
        expected = [*expected, at] if outcome in {"no_answer", "wrong_details", "sent"} else []
        expected = [] if then else expected
    enough = len(expected) >= max(attempts, days) and len({one.date() for one in expected}) >= days
    try:
        refuse_too_few(in_vain(tried, changes), program)
    except TooFewAttemptsError:
        assert not enough
    else:
        assert enough


def test_each_contact_starts_the_clock_of_the_next_one() -> None:
    sla = [{**one, "next_contact_hours": 24} for one in DOCUMENT["sla"]]
    program = Program.model_validate({**DOCUMENT, "sla": sla})
    hour = timedelta(hours=1)
    history = states_entered(
        [
            StateChange(state=S.ASSIGNED, at=NOW),
            StateChange(state=S.IN_PROGRESS, at=NOW + hour),
            StateChange(state=S.IN_PROGRESS, at=NOW + 2 * hour),
            StateChange(state=S.IN_PROGRESS, at=NOW + 3 * hour, is_contact=True),
            StateChange(state=S.IN_PROGRESS, at=NOW + 5 * hour, is_contact=True),
        ]
    )
    table = on_the_clock(in_state(S.IN_PROGRESS), program, history).timetable
    assert table
    steps = {one.step: one for one in table.steps}
    assert steps[Step.FIRST_CONTACT].done
    assert steps[Step.NEXT_CONTACT].due_at == NOW + 29 * hour


def test_more_days_than_attempts_are_refused() -> None:
    with pytest.raises(ValidationError, match="2 attempts can't be made on 3 days"):
        UnreachableAfter(attempts=2, days=3)
