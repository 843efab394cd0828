"""/board/issues/{id}: one issue, who it hit, and a form to propose a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import zip_longest
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.outer_loop.adapters.reads import IssueFilter, Week
from services.outer_loop.bootstrap import Board
from services.outer_loop.errors import InvalidPlanError, NotFoundError
from services.outer_loop.handlers.plans import ProposePlan, propose_plan
from services.outer_loop.routes.deps import (
    PLANNERS,
    BoardAtHand,
    Planner,
    Reader,
    day_of,
    problem_of,
    today,
)
from services.outer_loop.routes.issues import FOLLOWUPS_SHOWN, WEEKS_SHOWN
from services.outer_loop.routes.names import METRICS, Names
from services.outer_loop.routes.pages import render
from services.outer_loop.routes.schemas import MOST_ITEMS, PlanIn
from shared.web.auth import Principal
from shared.web.problems import NotFoundProblem
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

#: Below this many answers a rate says nothing: the page uses words.
FEWEST_FOR_A_RATE = 5
_WEEKS_IN_FIGURES = 4
_FEWEST_WEEKS = 8
_EFFECT = ("metric", "change_percent", "by")
_ITEM_FIELDS = ("description", "department", "owner", "due_on", *_EFFECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalForm:
    """What somebody has typed so far, as strings, and what is wrong with it by field."""

    summary: str = ""
    items: Sequence[Mapping[str, str]] = ({},)
    errors: Mapping[str, str] = field(default_factory=dict)


@routes.get("/board/issues/{issue_id}")
async def show_issue(
    request: Request, board: BoardAtHand, reader: Reader, issue_id: UUID
) -> Response:
    """Show the issue."""
    return await _page(request, board, reader, issue_id, ProposalForm())


@routes.post("/board/issues/{issue_id}/plans")
async def propose(
    request: Request, board: BoardAtHand, planner: Planner, issue_id: UUID
) -> Response:
    """Propose a plan, add a row to the form, or show the form again with what is wrong."""
    typed = await request.form()
    form = _typed(typed)
    if "more" in typed:
        longer = ProposalForm(summary=form.summary, items=[*form.items, {}][:MOST_ITEMS])
        return await _page(request, board, planner, issue_id, longer)
    try:
        proposal = PlanIn.model_validate(_filled(form))
        plan_id = await _propose(board, planner, issue_id, proposal)
    except ValidationError as error:
        return await _refused(request, board, planner, issue_id, form, _by_field(error))
    except InvalidPlanError as error:
        wrong = {error.field: f"{error.detail} {error.remedy}"}
        return await _refused(request, board, planner, issue_id, form, wrong)
    place = f"/board/plans/{plan_id}?notice=proposed"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


async def _propose(board: Board, planner: Principal, issue_id: UUID, proposal: PlanIn) -> UUID:
    command = ProposePlan(
        actor=planner.subject,
        issue_id=issue_id,
        plan_id=uuid4(),
        summary=proposal.summary,
        items=[one.item() for one in proposal.items],
    )
    program = await program_of(board.programs, planner)
    try:
        async with board.plans.transaction(planner.tenant) as work:
            await propose_plan(work, command, program=program, clock=board.clock)
    except NotFoundError as error:
        raise problem_of(error) from error
    return command.plan_id


async def _refused(
    request: Request,
    board: Board,
    planner: Principal,
    issue_id: UUID,
    form: ProposalForm,
    errors: Mapping[str, str],
) -> Response:
    rows = [row for row in form.items if _is_begun(row)] or [{}]  # as the errors count them
    again = ProposalForm(summary=form.summary, items=rows, errors=errors)
    return await _page(
        request, board, planner, issue_id, again, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


async def _page(
    request: Request,
    board: Board,
    reader: Principal,
    issue_id: UUID,
    form: ProposalForm,
    *,
    status: int = HTTPStatus.OK,
) -> Response:
    program = await program_of(board.programs, reader)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        rows = await reads.issues(IssueFilter(issue_id=issue_id), until)
        if not rows:
            raise NotFoundProblem(f"There is no issue {issue_id}.")
        weeks = await reads.weeks_of(issue_id, last=day_of(until, program), weeks=WEEKS_SHOWN)
        context = {
            "issue": rows[0],
            "plans": (await reads.plans_of([issue_id]))[issue_id],
            "weeks": since_first_word(weeks),
            "late_weeks": _sum(weeks[-_WEEKS_IN_FIGURES:]),
            "whys": await reads.whys_of(issue_id),
            "followups": await reads.followups_of(issue_id, limit=FOLLOWUPS_SHOWN),
            "changes": await reads.changes_of(issue_id),
            "detection": await reads.detection_of(issue_id),
        }
    return render(
        request,
        "issue.html",
        context
        | {
            "recurrences": await board.recurrences.of(reader.tenant, issue_id),
            "names": Names(program),
            "program": program,
            "until": until,
            "fewest": FEWEST_FOR_A_RATE,
            "may_plan": reader.has(*PLANNERS),
            "form": form,
            "metrics": METRICS,
            "today": today(board, program),
        },
        status=status,
    )


def since_first_word(weeks: Sequence[Week]) -> Sequence[Week]:
    """Return the weeks from the first in which anything was said or confirmed, at least eight."""
    silent = 0
    for week in weeks:
        if week.feedback or week.customers:
            break
        silent += 1
    return weeks[min(silent, max(len(weeks) - _FEWEST_WEEKS, 0)) :]


def _sum(weeks: Sequence[Week]) -> Mapping[str, int]:
    return {
        "weeks": len(weeks),
        "detractors": sum(week.detractors for week in weeks),
        "feedback": sum(week.feedback for week in weeks),
    }


def _typed(form: FormData) -> ProposalForm:
    columns = [[str(value) for value in form.getlist(name)] for name in _ITEM_FIELDS]
    rows = [
        dict(zip(_ITEM_FIELDS, row, strict=True)) for row in zip_longest(*columns, fillvalue="")
    ]
    return ProposalForm(summary=str(form.get("summary", "")), items=rows or [{}])


def _is_begun(row: Mapping[str, str]) -> bool:
    return any(text.strip() for name, text in row.items() if name != "metric")


def _filled(form: ProposalForm) -> dict[str, Any]:
    """Return what was typed, without empty fields; an item of which nothing is filled is none."""
    items = []
    for row in filter(_is_begun, form.items):
        filled: dict[str, Any] = {name: text for name, text in row.items() if text.strip()}
        effect = {name: filled.pop(name) for name in _EFFECT if name in filled}
        if effect.keys() > {"metric"}:  # the list of metrics always sends one
            filled["expected_effect"] = effect
        items.append(filled)
    return {"summary": form.summary, "items": items}


def _by_field(error: ValidationError) -> dict[str, str]:
    return {".".join(map(str, one["loc"])): _plain(one) for one in error.errors()}


def _plain(error: Any) -> str:  # noqa: ANN401  (pydantic's own details)
    match error["type"]:
        case "missing" | "string_too_short":
            return "Please fill this in."
        case "float_parsing" | "finite_number":
            return "Please give a number: -40 means 40 % less."
        case "date_from_datetime_parsing" | "date_parsing":
            return "Please give a day, such as 2027-01-15."
        case "too_short":
            return "A plan needs at least one item: what, who, until when."
        case _:
            return f"{error['msg']}."
