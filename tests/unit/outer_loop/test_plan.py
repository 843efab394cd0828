"""The action plan: its table of states, and who settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.outer_loop.domain.plan import (
    DECIDED,
    FINAL,
    TRANSITIONS,
    ActionItem,
    ActionPlan,
    Verdict,
    next_states,
)
from services.outer_loop.domain.plan_changes import (
    decide,
    departments_concerned,
    finish_items,
    move,
    revise,
)
from services.outer_loop.errors import InvalidPlanError, OuterLoopError, PlanError
from shared.contracts.plans import PlanState

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TODAY = date(2026, 11, 22)
DEPARTMENTS = ("finance", "logistics", "shops")


def item(number: int = 0, department: str = "finance", *, due: date = TODAY) -> ActionItem:
    return ActionItem(
        item_id=UUID(int=number),
        department=department,
        owner="olga",
        due_on=due,
        description=f"Do thing {number}",
    )


def a_plan(**changes: object) -> ActionPlan:
    plan = ActionPlan(
        plan_id=UUID(int=100),
        tenant="acme",
        issue_id=UUID(int=200),
        version=1,
        state=PlanState.PROPOSED,
        summary="Pay sooner",
        items=(item(1), item(2, "logistics")),
        proposed_by="olga",
        proposed_at=NOW,
        changed_at=NOW,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]  # tests name real fields


def under_review(*departments: str) -> ActionPlan:
    return move(a_plan(), PlanState.UNDER_REVIEW, at=NOW, concerned=departments or DEPARTMENTS[:2])


def approve(plan: ActionPlan, department: str) -> ActionPlan:
    return decide(plan, department, Verdict.APPROVED, reason="", by="head", at=NOW)


def reject(plan: ActionPlan, department: str, reason: str = "Too dear") -> ActionPlan:
    return decide(plan, department, Verdict.REJECTED, reason=reason, by="head", at=NOW)


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(PlanState)
    assert {to for onward in TRANSITIONS.values() for to in onward} <= set(PlanState)


@given(
    st.sampled_from(PlanState),
    st.sampled_from(PlanState),
    st.sampled_from([None, *TRANSITIONS[PlanState.ON_HOLD]]),
)
def test_a_move_outside_the_table_is_refused_and_names_what_is_allowed(
    start: PlanState, to: PlanState, held_from: PlanState | None
) -> None:
    plan = a_plan(state=start, held_from=held_from if start is PlanState.ON_HOLD else None)
    if to in next_states(plan):
        return
    with pytest.raises(PlanError) as refused:
        move(plan, to, at=NOW, reason="because", concerned=DEPARTMENTS)
    assert refused.value.allowed == sorted(next_states(plan))


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_moves_a_plan_that_is_over(state: PlanState) -> None:
    assert next_states(a_plan(state=state)) == frozenset()


def test_approval_is_not_a_move() -> None:
    with pytest.raises(PlanError, match="finance, logistics must still decide"):
        move(under_review(), PlanState.APPROVED, at=NOW)


def test_a_plan_is_approved_when_the_last_department_has_approved() -> None:
    plan = approve(under_review(), "finance")
    assert (plan.state, plan.awaited) == (PlanState.UNDER_REVIEW, ["logistics"])
    assert approve(plan, "logistics").state is PlanState.APPROVED


def test_one_rejection_rejects_and_keeps_what_the_others_said() -> None:
    plan = reject(approve(under_review(*DEPARTMENTS), "finance"), "shops")
    assert plan.state is PlanState.REJECTED
    assert plan.reason == "Too dear"
    assert [one.verdict for one in plan.decisions] == ["approved", "awaited", "rejected"]


@given(st.permutations(DEPARTMENTS), st.lists(st.booleans(), min_size=3, max_size=3))
def test_the_order_of_decisions_does_not_change_the_verdict(
    order: list[str], approvals: list[bool]
) -> None:
    says = dict(zip(DEPARTMENTS, approvals, strict=True))
    plan = under_review(*DEPARTMENTS)
    for department in order:
        if plan.state is PlanState.UNDER_REVIEW:
            plan = (approve if says[department] else reject)(plan, department)
    assert plan.state is (PlanState.APPROVED if all(approvals) else PlanState.REJECTED)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_rejection_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(InvalidPlanError) as refused:
        reject(under_review(), "finance", reason)
    assert refused.value.field == "reason"


def test_a_department_decides_once() -> None:
    plan = approve(under_review(), "finance")
    with pytest.raises(PlanError, match="finance has decided already"):
        reject(plan, "finance")


def test_a_department_that_is_not_concerned_does_not_decide() -> None:
    with pytest.raises(PlanError, match="does not concern shops"):
        approve(under_review(), "shops")


def test_nobody_decides_on_a_proposal() -> None:
    with pytest.raises(PlanError, match="nothing to decide"):
        approve(a_plan(), "finance")


def test_those_with_an_item_and_those_it_happened_to_are_concerned() -> None:
    items = [item(1, "shops"), item(2, "finance"), item(3, "shops")]
    assert departments_concerned(items, ["logistics"]) == ("finance", "logistics", "shops")


def test_a_plan_on_hold_goes_back_to_where_it_was_and_nowhere_else() -> None:
    held = move(under_review(), PlanState.ON_HOLD, at=NOW, reason="Budget in January")
    assert next_states(held) == {PlanState.UNDER_REVIEW}
    back = move(held, PlanState.UNDER_REVIEW, at=NOW)
    assert (back.state, back.reason, back.held_from) == (PlanState.UNDER_REVIEW, "", None)
    assert back.awaited == ["finance", "logistics"]


def test_a_hold_needs_a_reason() -> None:
    with pytest.raises(InvalidPlanError, match="on hold"):
        move(a_plan(), PlanState.ON_HOLD, at=NOW)


def test_only_a_proposal_is_revised() -> None:
    revised = revise(a_plan(), summary="Pay at once", items=None, at=NOW)
    assert (revised.summary, len(revised.items)) == ("Pay at once", 2)
    with pytest.raises(PlanError, match="under review"):
        revise(under_review(), summary="Something else", items=None, at=NOW)


def test_a_plan_without_items_is_refused() -> None:
    with pytest.raises(InvalidPlanError, match="at least one item"):
        revise(a_plan(), summary=None, items=[], at=NOW)
    with pytest.raises(InvalidPlanError, match="at least one item"):
        move(a_plan(items=()), PlanState.UNDER_REVIEW, at=NOW, concerned=DEPARTMENTS)


def test_a_plan_is_implemented_when_every_item_is_done() -> None:
    working = a_plan(state=PlanState.IN_PROGRESS)
    with pytest.raises(PlanError, match="2 of 2 items are not done"):
        move(working, PlanState.IMPLEMENTED, at=NOW)
    done = finish_items(working, [UUID(int=1), UUID(int=2)], on=TODAY, at=NOW)
    assert move(done, PlanState.IMPLEMENTED, at=NOW).state is PlanState.IMPLEMENTED


def test_a_done_item_keeps_its_day() -> None:
    working = a_plan(state=PlanState.IN_PROGRESS)
    first = finish_items(working, [UUID(int=1)], on=TODAY, at=NOW)
    again = finish_items(first, [UUID(int=1)], on=date(2027, 1, 1), at=NOW)
    assert again.items[0].done_on == TODAY


def test_an_item_of_another_plan_is_not_done_here() -> None:
    with pytest.raises(InvalidPlanError, match="no item"):
        finish_items(a_plan(state=PlanState.IN_PROGRESS), [UUID(int=9)], on=TODAY, at=NOW)


def test_items_are_done_while_the_plan_is_in_progress() -> None:
    with pytest.raises(PlanError, match="in progress"):
        finish_items(a_plan(), [UUID(int=1)], on=TODAY, at=NOW)


def test_an_item_is_late_after_its_day_until_it_is_done() -> None:
    plan = a_plan(items=(item(1, due=TODAY), item(2, due=date(2026, 11, 21))))
    assert plan.late_items(TODAY) == 1
    assert plan.next_due() == date(2026, 11, 21)
    assert replace(plan, state=PlanState.REJECTED).late_items(TODAY) == 0


class PlanLife(RuleBasedStateMachine):
    """Whatever people try, a plan only takes steps of the table, one version at a time."""

    @initialize()
    def begin(self) -> None:
        self.plan = a_plan()

    def attempt(self, changed: object) -> None:
        assert callable(changed)
        before = self.plan
        try:
            self.plan = changed(before)
        except OuterLoopError:
            return
        assert self.plan.version == before.version + 1
        if self.plan.state is not before.state:
            assert self.plan.state in TRANSITIONS[before.state]

    @rule(to=st.sampled_from(PlanState), reason=st.sampled_from(["", "because"]))
    def moves(self, to: PlanState, reason: str) -> None:
        self.attempt(
            lambda plan: move(plan, to, at=NOW, reason=reason, concerned=("finance", "shops"))
        )

    @rule(department=st.sampled_from(DEPARTMENTS), verdict=st.sampled_from(Verdict))
    def decides(self, department: str, verdict: Verdict) -> None:
        if verdict is not Verdict.AWAITED:
            self.attempt(
                lambda plan: decide(plan, department, verdict, reason="so", by="x", at=NOW)
            )

    @rule()
    def finishes(self) -> None:
        ids = [one.item_id for one in self.plan.items]
        self.attempt(lambda plan: finish_items(plan, ids, on=TODAY, at=NOW))

    @rule()
    def revises(self) -> None:
        self.attempt(lambda plan: revise(plan, summary="Other words", items=None, at=NOW))

    @invariant()
    def what_follows_approval_was_approved_by_all(self) -> None:
        early = {PlanState.PROPOSED, PlanState.UNDER_REVIEW, PlanState.REJECTED}
        reached = self.plan.held_from or self.plan.state
        if reached not in early:
            assert self.plan.decisions
            assert {one.verdict for one in self.plan.decisions} == {Verdict.APPROVED}

    @invariant()
    def a_rejection_has_a_reason(self) -> None:
        if self.plan.state in DECIDED - {PlanState.APPROVED}:
            assert self.plan.reason


TestPlanLife = PlanLife.TestCase
