"""/board/plans/{id}: one plan, its items, its decisions, and what can be done with it now."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.outer_loop.adapters.reads import IssueFilter
from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.plan import VERDICTS, Verdict, next_states
from services.outer_loop.errors import OuterLoopError
from services.outer_loop.handlers.plans import ChangePlan, DecidePlan, change_plan, decide_plan
from services.outer_loop.routes.deps import (
    PLANNERS,
    BoardAtHand,
    Head,
    Planner,
    Reader,
    problem_of,
    today,
)
from services.outer_loop.routes.impact import impact_of
from services.outer_loop.routes.names import Names
from services.outer_loop.routes.pages import render
from services.outer_loop.routes.plans import current_plan
from services.outer_loop.routes.schemas import Reason
from shared.contracts.events import Name
from shared.contracts.plans import PlanState
from shared.web.auth import Principal
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)


@routes.get("/board/plans/{plan_id}")
async def show_plan(
    request: Request, board: BoardAtHand, reader: Reader, plan_id: UUID
) -> Response:
    """Show the plan."""
    return await _page(request, board, reader, plan_id)


@routes.post("/board/plans/{plan_id}/move")
async def move(
    request: Request,
    board: BoardAtHand,
    planner: Planner,
    plan_id: UUID,
    state: Annotated[PlanState, Form()],
    version: Annotated[int, Form(ge=1, lt=2**31)],
    reason: Annotated[Reason, Form()] = "",
) -> Response:
    """Move the plan to another state."""
    command = ChangePlan(
        actor=planner.subject,
        plan_id=plan_id,
        expected_version=version,
        state=state,
        reason=reason,
    )
    return await _change(request, board, planner, command, "moved")


@routes.post("/board/plans/{plan_id}/done")
async def finish(
    request: Request,
    board: BoardAtHand,
    planner: Planner,
    plan_id: UUID,
    version: Annotated[int, Form(ge=1, lt=2**31)],
    item: Annotated[Sequence[UUID], Form()] = (),
) -> Response:
    """Mark items as done."""
    command = ChangePlan(
        actor=planner.subject, plan_id=plan_id, expected_version=version, done=item
    )
    return await _change(request, board, planner, command, "done")


@routes.post("/board/plans/{plan_id}/decision")
async def decide(
    request: Request,
    board: BoardAtHand,
    head: Head,
    plan_id: UUID,
    department: Annotated[Name, Form()],
    decision: Annotated[Literal[Verdict.APPROVED, Verdict.REJECTED], Form()],
    reason: Annotated[Reason, Form()] = "",
) -> Response:
    """Approve or reject for a department."""
    command = DecidePlan(
        actor=head.subject,
        plan_id=plan_id,
        department=department,
        verdict=decision,
        reason=reason,
    )
    program = await program_of(board.programs, head)
    try:
        async with board.plans.transaction(head.tenant) as work:
            await decide_plan(work, command, program=program, clock=board.clock)
    except OuterLoopError as error:
        return await _page(request, board, head, plan_id, refusal=error, reason=reason)
    return _onward(plan_id, decision)


async def _change(
    request: Request, board: Board, planner: Principal, command: ChangePlan, notice: str
) -> Response:
    program = await program_of(board.programs, planner)
    try:
        async with board.plans.transaction(planner.tenant) as work:
            await change_plan(work, command, program=program, clock=board.clock)
    except OuterLoopError as error:
        return await _page(
            request, board, planner, command.plan_id, refusal=error, reason=command.reason
        )
    return _onward(command.plan_id, notice)


def _onward(plan_id: UUID, notice: str) -> Response:
    place = f"/board/plans/{plan_id}?notice={notice}"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


async def _page(
    request: Request,
    board: Board,
    reader: Principal,
    plan_id: UUID,
    *,
    refusal: OuterLoopError | None = None,
    reason: str = "",
) -> Response:
    program = await program_of(board.programs, reader)
    names = Names(program)
    plan = await current_plan(board, reader, plan_id)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        [issue] = await reads.issues(IssueFilter(issue_id=plan.issue_id), until)
        changes = await reads.changes_of(plan.issue_id)
    back = await board.recurrences.of(reader.tenant, plan.issue_id)
    context = {
        "came_back": next((one for one in back if one.plan_id == plan_id), None),
        "follows": next((one for one in back if one.recurred_at <= plan.proposed_at), None),
        "names": names,
        "program": program,
        "plan": plan,
        "issue": issue,
        "changes": [one for one in changes if one.thing_id == plan_id],
        "verdicts": VERDICTS,
        "impact": await impact_of(board, reader, program, plan_id),
        "onward": sorted(next_states(plan)),
        "mine_to_decide": sorted(names.headed_by(reader.subject) & set(plan.awaited))
        if reader.has("department_head") and plan.state is PlanState.UNDER_REVIEW
        else [],
        "may_plan": reader.has(*PLANNERS),
        "refusal": refusal,
        "reason": reason,
        "today": today(board, program),
    }
    status = problem_of(refusal).status if refusal else HTTPStatus.OK
    return render(request, "plan.html", context, status=status)
