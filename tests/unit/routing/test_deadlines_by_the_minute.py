"""Deadlines against a count minute by minute: pauses up to their cap, reopenings, random calendars.

CALENDAR_EXAMPLES says how many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.routing.domain.calendar import BusinessTime, NeverReachedError
from services.routing.domain.sla import StateChange, deadlines, states_entered
from shared.contracts.events import FollowUpState as S
from shared.program.calendars import BusinessCalendar
from shared.program.document import SlaPolicy
from tests.unit.routing.calendars import MINUTE, WEEKDAYS, open_minutes, scenes

EXAMPLES = int(os.environ.get("CALENDAR_EXAMPLES", "60"))
HORIZON = timedelta(days=9)

_states = st.sampled_from(
    [S.WAITING_CUSTOMER] * 4 + [S.IN_PROGRESS] * 3 + [S.CONTACTING, S.RESOLVED, S.REOPENED]
)
_moves = st.lists(st.tuples(st.integers(0, 1500), _states), max_size=12)


def _entered(moves: Sequence[tuple[int, S]]) -> list[tuple[int, S]]:
    """Return the moves that lead to another state: nothing is reopened that was just reopened."""
    return [one for at, one in enumerate(moves) if at == 0 or one[1] is not moves[at - 1][1]]


def _counted(
    is_open: Sequence[bool], moves: Sequence[tuple[int, S]], minutes: int, cap: int
) -> int | None:
    """Return after how many minutes the resolution is due; None where it is not in the horizon.

    A minute is worked when the office is open and it does not wait for the customer, or has
    waited as long as the policy grants in this round. A reopening gives all the time again.
    """
    begins = max((at for at, state in moves if state is S.REOPENED), default=0)
    left, pause_left = minutes, cap
    for minute in range(begins, len(is_open)):
        if not is_open[minute]:
            continue
        state = next((state for at, state in reversed(moves) if at <= minute), S.ASSIGNED)
        if state is S.WAITING_CUSTOMER and pause_left:
            pause_left -= 1
            continue
        left -= 1
        if not left:
            return minute + 1
    return None


#: Open day and night over a change of the clock, so that two waits meet one cap.
_ALWAYS: dict[str, Any] = {
    "id": "desk",
    "name": "Desk",
    "time_zone": "Europe/Berlin",
    "hours": {day: ["00:00-12:00", "12:00-00:00"] for day in WEEKDAYS},
    "closures": [],
    "openings": [],
}
_TWO_WAITS = [(60, S.WAITING_CUSTOMER), (120, S.CONTACTING), (180, S.WAITING_CUSTOMER)]
_MARCH = datetime(2024, 3, 30, 20, tzinfo=UTC)


@settings(max_examples=EXAMPLES)
@example(scene=(_ALWAYS, _MARCH, _MARCH), moves=_TWO_WAITS, minutes=300, cap=90)
@given(
    scene=scenes(),
    moves=_moves,
    minutes=st.integers(1, 900),
    cap=st.one_of(st.just(0), st.integers(1, 200)),
)
def test_a_resolution_is_due_when_a_count_minute_by_minute_says_so(
    scene: tuple[dict[str, Any], datetime, datetime],
    moves: list[tuple[int, S]],
    minutes: int,
    cap: int,
) -> None:
    document, start, _ = scene
    clock = BusinessTime(BusinessCalendar.model_validate(document))
    policy = SlaPolicy.model_validate(
        {
            "severity": "high",
            "clock": "business",
            "resolve_hours": minutes / 60,
            "pause": {"max_hours": cap / 60} if cap else None,
        }
    )
    moves = _entered(sorted(moves, key=lambda one: one[0]))
    history = [StateChange(state=state, at=start + at * MINUTE) for at, state in moves]
    counted = _counted(list(open_minutes(document, start, start + HORIZON)), moves, minutes, cap)
    try:
        due = deadlines(policy, clock, start, states_entered(history)).resolve
    except NeverReachedError:
        assert counted is None
        return
    found = (due - start) / MINUTE
    if counted is None:
        assert found > HORIZON / MINUTE - 1e-6
    else:
        assert abs(found - counted) < 1e-6
