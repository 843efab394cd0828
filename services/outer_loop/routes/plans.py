"""/outer-loop/v1/plans: propose, change, decide."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Response
from starlette.requests import Request

from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.ports import Answer, PlanWork
from services.outer_loop.errors import StaleVersionError
from services.outer_loop.handlers.once import answer_once
from services.outer_loop.handlers.plans import (
    ChangePlan,
    DecidePlan,
    ProposePlan,
    change_plan,
    decide_plan,
    propose_plan,
)
from services.outer_loop.routes.deps import (
    BoardAtHand,
    Head,
    IdempotencyKey,
    Planner,
    Reader,
    as_problems,
    once_of,
    problem_of,
)
from services.outer_loop.routes.schemas import DecisionIn, PlanIn, PlanOut, PlanPatch
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.problems import NotFoundProblem
from shared.web.programs import program_of

routes = APIRouter(prefix="/outer-loop/v1", tags=["plans"])

_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "The plan's state does not allow it; `allowed` lists what it does"}
}
CHANGE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_CONFLICT,
    412: {"description": "Changed meanwhile; `current` is how it stands"},
    428: {"description": "If-Match is missing"},
}

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag of the version that you change.")
]


@routes.post(
    "/issues/{issue_id}/plans",
    status_code=HTTPStatus.CREATED,
    response_model=PlanOut,
)
async def propose(
    request: Request,
    board: BoardAtHand,
    planner: Planner,
    issue_id: UUID,
    proposal: PlanIn,
    key: IdempotencyKey = None,
) -> Response:
    """Propose a plan for the issue."""
    program = await program_of(board.programs, planner)
    command = ProposePlan(
        actor=planner.subject,
        issue_id=issue_id,
        plan_id=uuid4(),
        summary=proposal.summary,
        items=[one.item() for one in proposal.items],
    )

    async def act(work: PlanWork) -> Answer:
        plan = await propose_plan(work, command, program=program, clock=board.clock)
        return _answer(plan, HTTPStatus.CREATED)

    with as_problems():
        once = await once_of(request, planner, key)
        return _response(await answer_once(board.plans, planner.tenant, once, act))


@routes.get("/plans/{plan_id}", response_model=PlanOut)
async def show_plan(board: BoardAtHand, reader: Reader, plan_id: UUID) -> Response:
    """Give the plan; its ETag is what a change names as If-Match."""
    return _response(_answer(await current_plan(board, reader, plan_id)))


@routes.patch("/plans/{plan_id}", response_model=PlanOut, responses=CHANGE_PROBLEMS)
async def change(
    request: Request,
    board: BoardAtHand,
    planner: Planner,
    plan_id: UUID,
    patch: PlanPatch,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Revise the plan, mark items as done, or move it to another state."""
    program = await program_of(board.programs, planner)
    command = ChangePlan(
        actor=planner.subject,
        plan_id=plan_id,
        expected_version=expected_version(if_match),
        summary=patch.summary,
        items=None if patch.items is None else [one.item() for one in patch.items],
        done=patch.done,
        state=patch.state,
        reason=patch.reason,
    )

    async def act(work: PlanWork) -> Answer:
        return _answer(await change_plan(work, command, program=program, clock=board.clock))

    with as_problems():
        once = await once_of(request, planner, key)
        try:
            return _response(await answer_once(board.plans, planner.tenant, once, act))
        except StaleVersionError as error:
            present = await current_plan(board, planner, plan_id)
            problem = problem_of(error)
            problem.members["current"] = PlanOut.of(present).model_dump(mode="json")
            problem.headers["ETag"] = etag(present.version)
            raise problem from error


@routes.post("/plans/{plan_id}/decisions", response_model=PlanOut, responses=_CONFLICT)
async def decide(
    request: Request,
    board: BoardAtHand,
    head: Head,
    plan_id: UUID,
    decision: DecisionIn,
    key: IdempotencyKey = None,
) -> Response:
    """Approve or reject the plan for a department, as its head."""
    program = await program_of(board.programs, head)
    command = DecidePlan(
        actor=head.subject,
        plan_id=plan_id,
        department=decision.department,
        verdict=decision.decision,
        reason=decision.reason,
    )

    async def act(work: PlanWork) -> Answer:
        return _answer(await decide_plan(work, command, program=program, clock=board.clock))

    with as_problems():
        once = await once_of(request, head, key)
        return _response(await answer_once(board.plans, head.tenant, once, act))


async def current_plan(board: Board, principal: Principal, plan_id: UUID) -> ActionPlan:
    """Return the plan as it is; raises NotFoundProblem when there is none."""
    async with board.reads.of(principal.tenant) as reads:
        plan = await reads.plan(plan_id)
    if plan is None:
        raise NotFoundProblem(f"There is no plan {plan_id}.")
    return plan


def _answer(plan: ActionPlan, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(
        status=status,
        body=PlanOut.of(plan).model_dump_json().encode(),
        etag=etag(plan.version),
        location=f"/outer-loop/v1/plans/{plan.plan_id}",
    )


def _response(answer: Answer) -> Response:
    headers = {"ETag": answer.etag or ""}
    if answer.status == HTTPStatus.CREATED:
        headers["Location"] = answer.location or ""
    return Response(
        answer.body, status_code=answer.status, headers=headers, media_type="application/json"
    )
