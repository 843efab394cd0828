"""/board/plans/{id}/effect: did it work, what that rests on, and the design behind it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.outer_loop.adapters.reads import IssueFilter
from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.designs import (
    WEEKS_AFTER,
    PlannedDesign,
    accepts_design,
)
from services.outer_loop.domain.impact.design import Metric
from services.outer_loop.errors import InvalidPlanError, OuterLoopError
from services.outer_loop.handlers.redesigning import set_design
from services.outer_loop.routes.deps import (
    PLANNERS,
    BoardAtHand,
    Planner,
    Reader,
    problem_of,
)
from services.outer_loop.routes.effect_pictures import effect_picture
from services.outer_loop.routes.impact import command_of, impact_of
from services.outer_loop.routes.impact_schemas import DesignIn
from services.outer_loop.routes.names import METRICS, Names
from services.outer_loop.routes.pages import render
from shared.web.auth import Principal
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

_NUMBERS = ("starts_on", "weeks_before", "weeks_after", "expected")
_STAKES = ("customers", "leaving", "worth", "cost", "currency")
_TEXTS = ("metric", *_NUMBERS, *_STAKES, "reason", "version")


@routes.get("/board/plans/{plan_id}/effect")
async def show_effect(
    request: Request, board: BoardAtHand, reader: Reader, plan_id: UUID
) -> Response:
    """Show what the plan did, or what will be measured."""
    return await _page(request, board, reader, plan_id)


@routes.post("/board/plans/{plan_id}/effect")
async def design(request: Request, board: BoardAtHand, planner: Planner, plan_id: UUID) -> Response:
    """Set the design, or show the form again with what is wrong."""
    typed = _typed(await request.form())
    try:
        wanted = DesignIn.model_validate(_filled(typed))
        version = _version(typed)
        program = await program_of(board.programs, planner)
        command = command_of(planner.subject, plan_id, version, wanted, board)
        async with board.plans.transaction(planner.tenant) as work:
            await set_design(work, command, program=program, clock=board.clock)
    except ValidationError as error:
        errors = {str(one["loc"][-1]): f"{one['msg']}." for one in error.errors()}
        return await _page(request, board, planner, plan_id, typed=typed, errors=errors)
    except OuterLoopError as error:
        errors = (
            {error.field: f"{error.detail} {error.remedy}"}
            if isinstance(error, InvalidPlanError)
            else {}
        )
        return await _page(
            request, board, planner, plan_id, typed=typed, errors=errors, refusal=error
        )
    place = f"/board/plans/{plan_id}/effect?notice=designed"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def _version(typed: Mapping[str, str]) -> int:
    text = typed["version"]
    if not (text.isascii() and text.isdigit()) or len(text) > len("2147483647"):
        raise InvalidPlanError(
            "The form does not say which version it changes.",
            field="version",
            remedy="Open the page again.",
        )
    return int(text)


def _typed(form: FormData) -> dict[str, str]:
    """Return what was typed, as strings; a group's part under `group:` and its name."""
    typed = {name: str(form.get(name, "")).strip() for name in _TEXTS}
    return typed | {name: str(value) for name, value in form.items() if name.startswith("group:")}


def _filled(typed: Mapping[str, str]) -> dict[str, Any]:
    parts: dict[str, list[str]] = {"touched": [], "untouched": []}
    for name, part in typed.items():
        if name.startswith("group:") and part in parts:
            parts[part].append(name.removeprefix("group:"))
    filled: dict[str, Any] = {
        name: typed[name] for name in ("metric", *_NUMBERS, "reason") if typed[name]
    }
    stakes = {name: typed[name] for name in _STAKES if typed[name]}
    return filled | parts | ({"stakes": stakes} if stakes else {})


def _shown(planned: PlannedDesign | None, touchpoint: str, version: int) -> dict[str, str]:
    """Return the design as its form shows it; a first guess where there is none."""
    blank = dict.fromkeys(_TEXTS, "") | {"version": str(version)}
    if planned is None:
        first = {"metric": Metric.CUSTOMERS_WITH_CAUSE.value, f"group:{touchpoint}": "touched"}
        return blank | first | {"weeks_after": str(WEEKS_AFTER)}
    design, stakes = planned.design, planned.stakes
    shown = blank | {
        "metric": design.metric.value,
        "starts_on": design.starts_on.isoformat(),
        "weeks_before": str(design.weeks_before),
        "weeks_after": str(design.weeks_after),
        "expected": f"{design.expected:.3g}",
    }
    shown |= {f"group:{group}": "touched" for group in design.touched}
    shown |= {f"group:{group}": "untouched" for group in design.untouched}
    return shown | ({name: f"{getattr(stakes, name)}" for name in _STAKES} if stakes else {})


async def _page(
    request: Request,
    board: Board,
    reader: Principal,
    plan_id: UUID,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    refusal: OuterLoopError | None = None,
) -> Response:
    program = await program_of(board.programs, reader)
    names = Names(program)
    found = await impact_of(board, reader, program, plan_id)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        [issue] = await reads.issues(IssueFilter(issue_id=found.plan.issue_id), until)
    context = {
        "names": names,
        "program": program,
        "plan": found.plan,
        "issue": issue,
        "planned": found.planned,
        "power": found.power,
        "latest": found.latest,
        "earlier": [one for one in found.assessed if one != found.latest],
        "picture": effect_picture,
        "metrics": METRICS,
        "until": until,
        "may_design": reader.has(*PLANNERS) and accepts_design(found.plan, found.planned),
        "typed": typed or _shown(found.planned, issue.touchpoint, found.plan.version),
        "errors": errors or {},
        "refusal": refusal,
    }
    status = HTTPStatus.OK
    if refusal or errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if refusal:
        status = HTTPStatus(problem_of(refusal).status)
    return render(request, "effect.html", context, status=status)
