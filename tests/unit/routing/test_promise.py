"""What a customer's page says: the next commitment, who may open the case again, the end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.commands import ChangeFollowUp, change
from services.routing.domain.followup import FollowUp, Resolution
from services.routing.domain.opening import open_followup
from services.routing.domain.promise import (
    CUSTOMER,
    can_reopen,
    commitment_of,
    is_expired,
    more_urgent,
)
from services.routing.domain.timetable import Step
from services.routing.errors import ForbiddenTransitionError
from shared.contracts.events import FollowUpState, Severity
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

HOUR = timedelta(hours=1)
BUSINESS: dict[str, Any] = {
    **DOCUMENT,
    "calendars": [
        {
            "id": "office",
            "name": "Office",
            "time_zone": "Asia/Almaty",
            "hours": {"monday": ["09:00-18:00"], "thursday": ["09:00-18:00"]},
        }
    ],
    "teams": [{**team, "calendar": "office"} for team in DOCUMENT["teams"]],
    "sla": [{**policy, "clock": "business"} for policy in DOCUMENT["sla"]],
}
IN_HOURS = Program.model_validate(BUSINESS)


def opened(program: Program = PROGRAM, severity: str = "medium") -> FollowUp:
    return open_followup(scored(1, severity=severity).data, program, defaultdict(int), NOW)


def solved(state: FollowUpState) -> FollowUp:
    how = Resolution(what="late", why="carrier", action_taken="Sent.", resolved_at=NOW)
    return replace(opened(), state=state, resolution=how)


def test_the_step_that_is_due_next_is_promised() -> None:
    found = commitment_of(opened(), PROGRAM, NOW)
    assert found is not None
    assert (found.step, found.due_at, found.missed) == (Step.ACKNOWLEDGE, NOW + HOUR, None)


def test_a_missed_step_is_named_and_the_next_one_promised() -> None:
    found = commitment_of(opened(), PROGRAM, NOW + 2 * HOUR)
    assert found is not None
    assert found.missed is not None
    assert (found.missed.step, found.missed.due_at) == (Step.ACKNOWLEDGE, NOW + HOUR)
    assert (found.step, found.due_at) == (Step.FIRST_CONTACT, NOW + 3 * HOUR)


def test_when_all_is_late_the_resolution_is_promised_once_more() -> None:
    found = commitment_of(opened(), PROGRAM, NOW + 100 * HOUR)
    assert found is not None
    assert found.missed is not None
    assert found.missed.step is Step.ACKNOWLEDGE
    assert (found.step, found.due_at) == (Step.RESOLVE, NOW + 144 * HOUR)


@pytest.mark.parametrize("program", [PROGRAM, IN_HOURS])
@given(
    minutes=st.integers(0, 90 * 24 * 60),
    severity=st.sampled_from(["low", "medium", "high", "critical"]),
)
def test_a_promise_lies_ahead_and_the_missed_one_behind(
    program: Program, minutes: int, severity: str
) -> None:
    now = NOW + timedelta(minutes=minutes)
    found = commitment_of(opened(program, severity), program, now)
    assert found is not None
    assert found.due_at > now
    assert found.missed is None or found.missed.due_at <= now


@given(st.integers(0, 60 * 24 * 60), st.integers(0, 600))
def test_a_renewed_promise_stays_until_its_time_is_up(minutes: int, later: int) -> None:
    one = NOW + timedelta(minutes=minutes)
    first = commitment_of(opened(), PROGRAM, one)
    assert first is not None
    other = one + timedelta(minutes=later)
    second = commitment_of(opened(), PROGRAM, other)
    assert second is not None
    assert (second.due_at == first.due_at) == (other < first.due_at)


def test_nothing_is_promised_of_what_is_solved() -> None:
    assert commitment_of(solved(FollowUpState.RESOLVED), PROGRAM, NOW) is None


@pytest.mark.parametrize("state", list(FollowUpState))
def test_a_customer_opens_again_what_has_ended_and_changes_no_other_state(
    state: FollowUpState,
) -> None:
    followup = solved(state)
    ended = not followup.is_open and state is not FollowUpState.MERGED
    assert can_reopen(followup) is ended
    for target in set(FollowUpState) - {FollowUpState.REOPENED, FollowUpState.VERIFIED}:
        with pytest.raises(ForbiddenTransitionError):
            change(followup, ChangeFollowUp(state=target), CUSTOMER, PROGRAM, NOW)


@pytest.mark.parametrize("act", ["customer_added", "customer_calls", "erasure_asked"])
def test_what_a_customer_did_is_the_name_of_the_change(act: Any) -> None:  # noqa: ANN401  (any name)
    after = change(opened(), ChangeFollowUp(act=act), CUSTOMER, PROGRAM, NOW)
    assert (after.change, after.followup.version, after.followup.state) == (
        act,
        2,
        FollowUpState.ASSIGNED,
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [(timedelta(days=90) - timedelta(seconds=1), False), (timedelta(days=90), True)],
)
def test_a_link_works_for_so_many_days_after_the_end(days: timedelta, expected: bool) -> None:
    closed, moment = solved(FollowUpState.CLOSED), NOW + days
    assert is_expired(closed, PROGRAM, moment) is expected
    assert not is_expired(opened(), PROGRAM, datetime.max.replace(tzinfo=NOW.tzinfo))


def test_more_urgent_are_the_severities_above() -> None:
    assert more_urgent(Severity.CRITICAL) == []
    assert more_urgent(Severity.MEDIUM) == ["high", "critical"]
