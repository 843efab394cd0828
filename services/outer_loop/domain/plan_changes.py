"""What can be done to an action plan: revise, move, decide, finish items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.outer_loop.domain.plan import (
    DECIDED,
    ActionItem,
    ActionPlan,
    Decision,
    Verdict,
    in_words,
    next_states,
)
from services.outer_loop.errors import InvalidPlanError, PlanError
from shared.contracts.plans import PlanState


def departments_concerned(
    items: Iterable[ActionItem], of_the_issue: Iterable[str]
) -> tuple[str, ...]:
    """Return who must agree: those that have something to do, and those that it happened to."""
    return tuple(sorted({item.department for item in items} | set(of_the_issue)))


def revise(
    plan: ActionPlan, *, summary: str | None, items: Sequence[ActionItem] | None, at: datetime
) -> ActionPlan:
    """Return `plan` with another summary or other items, which only a proposal allows.

    Raises PlanError later, since departments decide on what they have read.
    """
    if plan.state is not PlanState.PROPOSED:
        raise PlanError(
            f"The plan is {in_words(plan.state)}: what departments decide on stays as it is.",
            remedy="Propose a new plan for the issue.",
        )
    return _changed(
        plan,
        at,
        summary=plan.summary if summary is None else summary,
        items=plan.items if items is None else _at_least_one(items),
    )


def move(
    plan: ActionPlan,
    to: PlanState,
    *,
    at: datetime,
    reason: str = "",
    concerned: Sequence[str] = (),
) -> ActionPlan:
    """Return `plan` in the state `to`; for a review, `concerned` are the departments asked.

    Raises PlanError when it can't go there, InvalidPlanError when something is missing for it.
    """
    allowed = next_states(plan)
    if to not in allowed:
        raise _forbidden_move(plan, to, allowed)
    match to:
        case PlanState.UNDER_REVIEW if plan.state is PlanState.PROPOSED:
            _at_least_one(plan.items)
            asked = tuple(Decision(department=name) for name in concerned)
            return _changed(plan, at, state=to, decisions=asked)
        case PlanState.ON_HOLD:
            why = _needed(reason, "Say why the plan is on hold.")
            return _changed(plan, at, state=to, held_from=plan.state, reason=why)
        case PlanState.IMPLEMENTED:
            _all_done(plan)
        case PlanState.EFFECTIVE | PlanState.INEFFECTIVE | PlanState.INCONCLUSIVE:
            why = _needed(reason, "Say what this verdict rests on.")
            return _changed(plan, at, state=to, held_from=None, reason=why)
        case _:
            pass
    return _changed(plan, at, state=to, held_from=None, reason="")


def decide(
    plan: ActionPlan, department: str, verdict: Verdict, *, reason: str, by: str, at: datetime
) -> ActionPlan:
    """Return `plan` with the decision of `department`.

    The last approval approves the plan; one rejection rejects it, and what the others said
    stays on record. Raises PlanError when there is nothing to decide for the department,
    InvalidPlanError for a rejection without a reason.
    """
    if plan.state is not PlanState.UNDER_REVIEW:
        raise PlanError(
            f"The plan is {in_words(plan.state)}: there is nothing to decide.",
            remedy="Decide while it is under review.",
            allowed=next_states(plan),
        )
    if department not in plan.awaited:
        raise _not_awaited(plan, department)
    if verdict is Verdict.REJECTED:
        reason = _needed(reason, "Say why the department rejects the plan.")
    made = Decision(
        department=department, verdict=verdict, reason=reason, decided_by=by, decided_at=at
    )
    decisions = tuple(made if one.department == department else one for one in plan.decisions)
    decided = _changed(plan, at, decisions=decisions)
    if verdict is Verdict.REJECTED:
        return replace(decided, state=PlanState.REJECTED, reason=reason)
    return decided if decided.awaited else replace(decided, state=PlanState.APPROVED)


def finish_items(
    plan: ActionPlan, item_ids: Iterable[UUID], *, on: date, at: datetime
) -> ActionPlan:
    """Return `plan` with these items done on that day; done ones stay as they are.

    Raises PlanError when the plan is not in progress, InvalidPlanError for an unknown item.
    """
    wanted = set(item_ids)
    if plan.state is not PlanState.IN_PROGRESS:
        raise PlanError(
            f"The plan is {in_words(plan.state)}: its items are done while it is in progress.",
            remedy="Move it to in progress first.",
            allowed=next_states(plan),
        )
    if unknown := wanted - {item.item_id for item in plan.items}:
        raise InvalidPlanError(
            f"The plan has no item {min(map(str, unknown))}.",
            field="done",
            remedy="Name items by the item_id that the plan shows.",
        )
    items = tuple(
        replace(item, done_on=item.done_on or on) if item.item_id in wanted else item
        for item in plan.items
    )
    return _changed(plan, at, items=items)


def _changed(plan: ActionPlan, at: datetime, **changes: object) -> ActionPlan:
    return replace(plan, version=plan.version + 1, changed_at=at, **changes)  # type: ignore[arg-type]  # the callers above name real fields


def _forbidden_move(plan: ActionPlan, to: PlanState, allowed: Iterable[PlanState]) -> PlanError:
    if to in DECIDED and plan.state is PlanState.UNDER_REVIEW:
        return PlanError(
            f"A plan is {in_words(to)} by the departments' decisions: "
            f"{', '.join(plan.awaited)} must still decide.",
            remedy="Post a decision for a department.",
            allowed=allowed,
        )
    names = ", ".join(sorted(in_words(state) for state in allowed)) or "nowhere: it is over"
    return PlanError(
        f"From {in_words(plan.state)} a plan does not go to {in_words(to)}.",
        remedy=f"It can go to: {names}.",
        allowed=allowed,
    )


def _not_awaited(plan: ActionPlan, department: str) -> PlanError:
    concerned = {one.department for one in plan.decisions}
    if department in concerned:
        return PlanError(f"{department} has decided already.", remedy=_still_to_decide(plan))
    return PlanError(f"The plan does not concern {department}.", remedy=_still_to_decide(plan))


def _still_to_decide(plan: ActionPlan) -> str:
    return f"Still to decide: {', '.join(plan.awaited)}."


def _needed(reason: str, what: str) -> str:
    if not reason.strip():
        raise InvalidPlanError(what, field="reason", remedy="Send a reason in a sentence.")
    return reason.strip()


def _at_least_one(items: Sequence[ActionItem]) -> Sequence[ActionItem]:
    if not items:
        raise InvalidPlanError(
            "A plan needs at least one item.",
            field="items",
            remedy="Say what will be done, by whom, for which department, until when.",
        )
    return items


def _all_done(plan: ActionPlan) -> None:
    open_items = [item.description for item in plan.items if item.done_on is None]
    if open_items:
        raise PlanError(
            f"{len(open_items)} of {len(plan.items)} items are not done: {open_items[0]}",
            remedy="Mark every item as done first.",
            allowed=next_states(plan) - {PlanState.IMPLEMENTED},
        )
