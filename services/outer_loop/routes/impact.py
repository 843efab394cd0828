"""/outer-loop/v1/plans/{id}/impact: what will be measured, and what was found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.designs import (
    Assessed,
    GroupWeek,
    PlannedDesign,
    weeks_complete,
)
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.ports import Answer, PlanWork
from services.outer_loop.errors import NotFoundError, StaleVersionError
from services.outer_loop.handlers.once import answer_once
from services.outer_loop.handlers.plans import issue_of
from services.outer_loop.handlers.redesigning import SetDesign, set_design
from services.outer_loop.routes.deps import (
    BoardAtHand,
    IdempotencyKey,
    Planner,
    Reader,
    as_problems,
    once_of,
    problem_of,
    today,
)
from services.outer_loop.routes.impact_schemas import (
    AssessmentOut,
    DesignIn,
    DesignOut,
    ImpactOut,
    PowerOut,
)
from services.outer_loop.routes.plans import CHANGE_PROBLEMS, IfMatch, current_plan
from services.outer_loop.routes.power_words import power_in_words
from services.outer_loop.routes.schemas import PlanOut
from shared.contracts.plans import PlanState
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

routes = APIRouter(prefix="/outer-loop/v1", tags=["plans"])

#: Until the change is made, what the design can find is worth saying.
_BEFORE = frozenset(
    {
        PlanState.PROPOSED,
        PlanState.UNDER_REVIEW,
        PlanState.APPROVED,
        PlanState.IN_PROGRESS,
        PlanState.ON_HOLD,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """A plan with its design, what that will find, and what was found, the latest first."""

    plan: ActionPlan
    planned: PlannedDesign | None
    power: PowerOut | None
    assessed: list[Assessed]

    @property
    def latest(self) -> Assessed | None:
        """The latest assessment by the present design."""
        if not self.assessed or not self.planned:
            return None
        newest = self.assessed[0]
        return newest if newest.design_version == self.planned.version else None


@routes.get("/plans/{plan_id}/impact", response_model=ImpactOut)
async def show_impact(board: BoardAtHand, reader: Reader, plan_id: UUID) -> Response:
    """Give the design and the assessments; the ETag is the plan's."""
    program = await program_of(board.programs, reader)
    found = await impact_of(board, reader, program, plan_id)
    shown = ImpactOut(
        plan_id=plan_id,
        version=found.plan.version,
        state=found.plan.state,
        design=DesignOut.of(found.planned) if found.planned else None,
        power=found.power,
        assessments=[AssessmentOut.of(one) for one in found.assessed],
    )
    return Response(
        shown.model_dump_json(),
        headers={"ETag": etag(found.plan.version)},
        media_type="application/json",
    )


@routes.put("/plans/{plan_id}/impact/design", response_model=DesignOut, responses=CHANGE_PROBLEMS)
async def put_design(
    request: Request,
    board: BoardAtHand,
    planner: Planner,
    plan_id: UUID,
    wanted: DesignIn,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Set what is measured about the plan; once it is approved, with a reason."""
    program = await program_of(board.programs, planner)
    expected = expected_version(if_match)

    async def act(work: PlanWork) -> Answer:
        command = command_of(planner.subject, plan_id, expected, wanted, board)
        plan = await set_design(work, command, program=program, clock=board.clock)
        planned = await work.designs.of(plan_id)
        if planned is None:
            raise NotFoundError(f"There is no design of {plan_id}.")
        body = DesignOut.of(planned).model_dump_json().encode()
        return Answer(status=200, body=body, etag=etag(plan.version))

    with as_problems():
        once = await once_of(request, planner, key)
        try:
            answer = await answer_once(board.plans, planner.tenant, once, act)
        except StaleVersionError as error:
            present = await current_plan(board, planner, plan_id)
            problem = problem_of(error)
            problem.members["current"] = PlanOut.of(present).model_dump(mode="json")
            problem.headers["ETag"] = etag(present.version)
            raise problem from error
    return Response(answer.body, headers={"ETag": answer.etag or ""}, media_type="application/json")


def command_of(
    actor: str, plan_id: UUID, version: int, wanted: DesignIn, board: Board
) -> SetDesign:
    """Return the command; raises InvalidDesignError for a design that contradicts itself."""
    return SetDesign(
        actor=actor,
        plan_id=plan_id,
        expected_version=version,
        design=wanted.design(board.clock.now()),
        stakes=wanted.stakes.stakes() if wanted.stakes else None,
        reason=wanted.reason,
    )


async def impact_of(board: Board, reader: Principal, program: Program, plan_id: UUID) -> Impact:
    """Return what the plan measures; raises NotFoundProblem without such a plan."""
    plan = await current_plan(board, reader, plan_id)
    weeks: list[GroupWeek] = []
    async with board.plans.transaction(reader.tenant) as work:
        planned = await work.designs.of(plan_id)
        assessed = list(await work.designs.assessments(plan_id))
        if planned and plan.state in _BEFORE:
            issue = await issue_of(work, plan.issue_id)
            until = min(weeks_complete(planned.design, today(board, program)), 0)
            weeks = list(
                await work.designs.heard(
                    planned, issue.key.what, time_zone=program.time_zone, weeks=until
                )
            )
    power = await _power(planned, weeks) if planned and plan.state in _BEFORE else None
    return Impact(plan=plan, planned=planned, power=power, assessed=assessed)


async def _power(planned: PlannedDesign, weeks: list[GroupWeek]) -> PowerOut | None:
    # What estimates is 170 MB of libraries: loaded when first asked for, not at the start.
    from services.outer_loop.domain.impact.reporting import foresee  # noqa: PLC0415

    found = await asyncio.to_thread(foresee, planned.design, weeks)
    if found is None:
        return None
    return PowerOut(
        smallest=found.smallest,
        weeks_needed=found.weeks_needed,
        listening_needed=found.listening_needed,
        sentence=power_in_words(planned.design, found, weeks),
    )
