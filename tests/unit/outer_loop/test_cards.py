"""The board's columns and cards."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.outer_loop.adapters.reads import IssueRow, Week
from services.outer_loop.domain.plan import Decision
from services.outer_loop.routes.cards import Card, Viewer, cards, lanes, matches
from services.outer_loop.routes.issue_page import since_first_word
from shared.contracts.plans import PlanState
from tests.unit.outer_loop.test_plan import TODAY, a_plan, item

ISSUE = IssueRow(
    issue_id=UUID(int=200),
    touchpoint="returns",
    what="refund_late",
    threshold_customers=5,
    threshold_days=30,
    program_version=1,
    opened_at=datetime(2026, 11, 1, tzinfo=UTC),
    departments=["finance"],
    followups=9,
    customers=8,
    customers_30_days=6,
    first_occurred_at=None,
    last_occurred_at=None,
)
MONDAY = date(2026, 11, 16)


def viewer(subject: str = "olga", *headed: str) -> Viewer:
    return Viewer(subject=subject, headed=frozenset(headed), today=TODAY)


def drawn(*plans: object, who: Viewer | None = None) -> list[Card]:
    of_issue = {ISSUE.issue_id: plans}
    return cards(
        [ISSUE],
        of_issue,  # type: ignore[arg-type]  # plans, as the tests below give them
        {ISSUE.issue_id: {MONDAY: 3}},
        viewer=who or viewer(),
        last_week=MONDAY,
    )


def column_of(card: Card) -> str:
    return next(lane.name for lane in lanes([card]) if lane.cards)


@pytest.mark.parametrize("state", sorted(set(PlanState) - {PlanState.REJECTED}))
def test_every_state_has_a_column(state: PlanState) -> None:
    held_from = PlanState.APPROVED if state is PlanState.ON_HOLD else None
    [card] = drawn(a_plan(state=state, held_from=held_from))
    assert column_of(card)


def test_a_plan_on_hold_stays_where_it_was_stopped() -> None:
    [card] = drawn(a_plan(state=PlanState.ON_HOLD, held_from=PlanState.UNDER_REVIEW))
    assert column_of(card) == "Under review"


def test_an_issue_whose_only_plan_was_rejected_has_no_plan() -> None:
    [card] = drawn(a_plan(state=PlanState.REJECTED))
    assert (column_of(card), card.rejected) == ("No plan yet", 1)


def test_a_card_has_twelve_weeks_and_the_quiet_ones_too() -> None:
    [card] = drawn()
    assert len(card.weeks) == 12
    assert card.weeks[-1] == (MONDAY, 3)
    assert {count for _, count in card.weeks[:-1]} == {0}


def test_mine_is_what_i_own_propose_or_answer_for() -> None:
    plan = a_plan(items=(item(1, "logistics"),), proposed_by="someone")
    for who, mine in (
        (viewer("olga"), True),
        (viewer("pao"), False),
        (viewer("someone"), True),
        (viewer("lena", "logistics"), True),
        (viewer("sam", "shops"), False),
    ):
        [card] = drawn(plan, who=who)
        assert matches(card, "mine", None) is mine


def test_my_decision_is_needed_when_my_department_is_awaited() -> None:
    plan = a_plan(state=PlanState.UNDER_REVIEW, decisions=(Decision(department="finance"),))
    [awaiting], [other] = drawn(plan, who=viewer("f", "finance")), drawn(plan, who=viewer("f"))
    assert matches(awaiting, "decide", None)
    assert not matches(other, "decide", None)


def test_the_department_filter_finds_those_hit_and_those_working() -> None:
    [card] = drawn(a_plan(items=(item(1, "logistics"),)))
    found = [name for name in ("finance", "logistics", "shops") if matches(card, "all", name)]
    assert found == ["finance", "logistics"]


def test_late_cards_are_those_with_a_late_item() -> None:
    late = a_plan(items=(item(1, due=TODAY - timedelta(days=1)),))
    [card], [fine] = drawn(late), drawn(a_plan())
    assert matches(card, "late", None)
    assert not matches(fine, "late", None)


def test_a_trend_begins_where_something_was_said_but_shows_eight_weeks() -> None:
    def week(place: int, said: int) -> Week:
        monday = MONDAY - timedelta(weeks=26 - place)
        return Week(week=monday, followups=0, customers=0, detractors=0, feedback=said)

    assert len(since_first_word([week(n, int(n >= 10)) for n in range(26)])) == 16
    assert len(since_first_word([week(n, int(n >= 24)) for n in range(26)])) == 8
    assert len(since_first_word([week(n, 0) for n in range(26)])) == 8
