"""What becomes of a case: repeatable, along the state machine, true to the cause but for slips."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from uuid import UUID

import pytest

from deploy.sample.casework import Case, Course, load_casework
from deploy.sample.company import load_company
from deploy.sample.generator import Truth
from services.routing.domain.transitions import TRANSITIONS, Standing
from shared.contracts.events import FollowUpState as S

HABITS = load_company().habits
CASEWORK = load_casework()
TRUTH = Truth(mood="negative", what="refund_late", why="system_change")


def case(number: int) -> Case:
    return Case(
        followup_id=UUID(int=number),
        feedback_id=UUID(int=number),
        touchpoint="refunds",
        state=S.ASSIGNED,
        version=1,
    )


def course(number: int, *, age_days: int = 40, seed: int = 7) -> Course:
    return CASEWORK.course(HABITS, TRUTH, case(number), seed=seed, age_days=age_days)


def outcomes(*, age_days: int) -> Counter[S]:
    return Counter(
        (S.ASSIGNED, *course(number, age_days=age_days).states)[-1] for number in range(1000)
    )


def test_a_case_takes_the_same_course_whenever_it_is_worked() -> None:
    forwards = [course(number) for number in range(50)]
    backwards = [course(number) for number in reversed(range(50))]

    assert forwards == backwards[::-1]
    assert forwards != [course(number, seed=8) for number in range(50)]


@pytest.mark.parametrize("age_days", [0, 9, 10, 80])
def test_an_owner_may_go_every_step_of_the_way(age_days: int) -> None:
    for number in range(300):
        states = (S.ASSIGNED, *course(number, age_days=age_days).states)
        for before, after in pairwise(states):
            assert Standing.OWNER in TRANSITIONS[before][after]


def test_old_cases_are_settled_and_new_ones_are_everywhere() -> None:
    assert outcomes(age_days=10)[S.RESOLVED] > 900
    assert set(outcomes(age_days=10)) == {S.RESOLVED, S.WAITING_CUSTOMER, S.UNREACHABLE}
    assert set(outcomes(age_days=9)) == {
        S.ASSIGNED,
        S.ACKNOWLEDGED,
        S.CONTACTING,
        S.IN_PROGRESS,
        S.WAITING_CUSTOMER,
        S.RESOLVED,
    }


def test_owners_confirm_the_true_cause_but_for_a_few_slips() -> None:
    causes = [course(number).resolution for number in range(1000)]
    confirmed = [cause["root_cause"] for cause in causes if cause is not None]
    slips = [cause for cause in confirmed if cause["what"] != TRUTH.what]

    assert 0.05 < len(slips) / len(confirmed) < 0.11
    assert all(cause["what"] in HABITS.touchpoints["refunds"].causes for cause in slips)
    assert all(cause["why"] == TRUTH.why for cause in confirmed if cause["what"] == TRUTH.what)


def test_only_the_resolving_step_carries_the_resolution() -> None:
    resolved = next(one for one in map(course, range(99)) if one.resolution is not None)

    assert resolved.change(S.IN_PROGRESS) == {"state": S.IN_PROGRESS}
    assert resolved.change(S.RESOLVED)["resolution"]["action_taken"]


def test_a_case_goes_on_from_where_it_is() -> None:
    way = Course((S.ACKNOWLEDGED, S.CONTACTING, S.IN_PROGRESS), None)

    assert list(way.after(S.ASSIGNED)) == [S.ACKNOWLEDGED, S.CONTACTING, S.IN_PROGRESS]
    assert list(way.after(S.CONTACTING)) == [S.IN_PROGRESS]
    assert list(way.after(S.IN_PROGRESS)) == []
    assert list(way.after(S.CLOSED)) == []
