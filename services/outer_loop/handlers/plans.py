"""Commands of people: propose a plan, change it, decide on it. Each runs in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.outer_loop.domain.plan import VERDICTS, ActionItem, ActionPlan, Verdict
from services.outer_loop.domain.plan_changes import (
    decide,
    departments_concerned,
    finish_items,
    move,
    revise,
)
from services.outer_loop.domain.ports import Change, IssueAtHand, PlanWork
from services.outer_loop.errors import (
    InvalidPlanError,
    NotFoundError,
    NotYoursToDecideError,
    StaleVersionError,
)
from services.outer_loop.handlers.designs import give_design, need_design
from services.outer_loop.handlers.messages import message_of
from shared.clock import Clock
from shared.contracts.plans import PlanState
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePlan:
    """Propose a plan for an issue. `actor` is the subject of who asks."""

    actor: str
    issue_id: UUID
    plan_id: UUID
    summary: str
    items: Sequence[ActionItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """Change the plan that the actor has read at `expected_version`. None leaves a part as is."""

    actor: str
    plan_id: UUID
    expected_version: int
    summary: str | None = None
    items: Sequence[ActionItem] | None = None
    done: Sequence[UUID] = ()
    state: PlanState | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePlan:
    """Say for a department whether it agrees."""

    actor: str
    plan_id: UUID
    department: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A change of a plan: its name, and the function that makes it."""

    name: str
    make: Callable[[ActionPlan], ActionPlan]


async def propose_plan(
    work: PlanWork, command: ProposePlan, *, program: Program, clock: Clock
) -> ActionPlan:
    """Add a plan to the issue.

    Raises NotFoundError without such an issue, InvalidPlanError when an item names somebody
    whom the program does not know.
    """
    issue = await issue_of(work, command.issue_id)
    _check_names(command.items, program)
    now = clock.now()
    plan = ActionPlan(
        plan_id=command.plan_id,
        tenant=issue.key.tenant,
        issue_id=command.issue_id,
        version=1,
        state=PlanState.PROPOSED,
        summary=command.summary,
        items=tuple(command.items),
        proposed_by=command.actor,
        proposed_at=now,
        changed_at=now,
    )
    if not plan.items:
        raise InvalidPlanError(
            "A plan needs at least one item.",
            field="items",
            remedy="Say what will be done, by whom, for which department, until when.",
        )
    await save_change(work, issue, plan, "proposed", command.actor)
    await give_design(work, plan, issue, time_zone=program.time_zone, at=now)
    return plan


async def change_plan(
    work: PlanWork, command: ChangePlan, *, program: Program, clock: Clock
) -> ActionPlan:
    """Revise the plan, mark items as done, move it: in this order, all or nothing.

    Raises NotFoundError, StaleVersionError when somebody was faster, and what the plan's rules
    raise (plan_changes.py).
    """
    plan = await plan_of(work, command.plan_id)
    if plan.version != command.expected_version:
        raise StaleVersionError(expected=command.expected_version, current=plan.version)
    issue = await issue_of(work, plan.issue_id)
    _check_names(command.items or (), program)
    if command.state is PlanState.UNDER_REVIEW:
        await need_design(work, plan)
    for step in _steps(command, issue, program, clock.now()):
        plan = step.make(plan)
        await save_change(work, issue, plan, step.name, command.actor)
    return plan


async def decide_plan(
    work: PlanWork, command: DecidePlan, *, program: Program, clock: Clock
) -> ActionPlan:
    """Record the department's decision, which may settle the plan.

    Raises NotFoundError, NotYoursToDecideError unless the actor is the department's head, and
    what the plan's rules raise.
    """
    plan = await plan_of(work, command.plan_id)
    _check_head(command, program)
    if command.verdict is Verdict.APPROVED:
        await need_design(work, plan)
    issue = await issue_of(work, plan.issue_id)
    plan = decide(
        plan,
        command.department,
        command.verdict,
        reason=command.reason,
        by=command.actor,
        at=clock.now(),
    )
    settled = plan.state is not PlanState.UNDER_REVIEW
    if plan.state is PlanState.APPROVED:
        await work.designs.freeze(plan.plan_id, plan.changed_at)
    name = plan.state.value if settled else f"approved_by_{command.department}"
    await save_change(work, issue, plan, name, command.actor, reason=command.reason)
    return plan


def _steps(command: ChangePlan, issue: IssueAtHand, program: Program, now: datetime) -> list[_Step]:
    steps = []
    if command.summary is not None or command.items is not None:
        steps.append(
            _Step(
                "revised",
                lambda plan: revise(plan, summary=command.summary, items=command.items, at=now),
            )
        )
    if command.done:
        today = now.astimezone(ZoneInfo(program.time_zone)).date()
        steps.append(
            _Step("items_done", lambda plan: finish_items(plan, command.done, on=today, at=now))
        )
    if command.state is not None:
        to = command.state
        steps.append(
            _Step(
                f"{to.value}_by_hand" if to in VERDICTS else to.value,
                lambda plan: move(
                    plan,
                    to,
                    at=now,
                    reason=command.reason,
                    concerned=departments_concerned(plan.items, issue.departments),
                ),
            )
        )
    return steps


async def plan_of(work: PlanWork, plan_id: UUID) -> ActionPlan:
    """Return the plan, kept from others until the end; raises NotFoundError without it."""
    plan = await work.plan(plan_id)
    if plan is None:
        raise NotFoundError(f"There is no plan {plan_id}.")
    return plan


async def issue_of(work: PlanWork, issue_id: UUID) -> IssueAtHand:
    """Return the issue; raises NotFoundError without it."""
    issue = await work.issue(issue_id)
    if issue is None:
        raise NotFoundError(f"There is no issue {issue_id}.")
    return issue


async def save_change(
    work: PlanWork,
    issue: IssueAtHand,
    plan: ActionPlan,
    change: str,
    actor: str,
    *,
    reason: str = "",
) -> None:
    """Keep the plan as it is now, with one line of its history and the message that tells of it."""
    await work.save(
        plan,
        Change(
            tenant=plan.tenant,
            issue_id=plan.issue_id,
            plan_id=plan.plan_id,
            version=plan.version,
            change=change,
            actor=actor,
            reason=reason or plan.reason,
            changed_at=plan.changed_at,
            message=message_of(
                issue.key,
                plan_id=plan.plan_id,
                version=plan.version,
                change=change,
                customers=issue.customers,
                state=plan.state,
                actor=actor,
                at=plan.changed_at,
            ),
        ),
    )


def _check_names(items: Sequence[ActionItem], program: Program) -> None:
    departments = {one.id for one in program.departments}
    owners = {one.id for one in program.owners}
    for place, item in enumerate(items):
        _check_name(f"items.{place}.department", item.department, departments)
        _check_name(f"items.{place}.owner", item.owner, owners)


def _check_name(field: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise InvalidPlanError(
            f"{field}: {name!r} is not in the program.",
            field=field,
            remedy=f"One of: {', '.join(sorted(known))}.",
        )


def _check_head(command: DecidePlan, program: Program) -> None:
    _check_name("department", command.department, {one.id for one in program.departments})
    department = next(one for one in program.departments if one.id == command.department)
    if department.head != command.actor:
        raise NotYoursToDecideError(
            f"{program.owner_name(department.head)} decides for {department.name}.",
            remedy="Ask them, or decide for a department of your own.",
        )
