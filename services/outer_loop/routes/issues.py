"""/outer-loop/v1/issues and /outer-loop/v1/root-causes: what keeps going wrong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from services.outer_loop.adapters.reads import Dimension, IssueFilter
from services.outer_loop.routes.deps import (
    BoardAtHand,
    Reader,
    day_of,
    today,
)
from services.outer_loop.routes.issue_schemas import (
    CauseList,
    CauseOut,
    IssueDetail,
    IssueList,
    IssueOut,
    issue_state,
)
from shared.contracts.events import Name
from shared.contracts.plans import PlanState
from shared.web.days import Day
from shared.web.problems import InvalidProblem, NotFoundProblem
from shared.web.programs import program_of

routes = APIRouter(prefix="/outer-loop/v1", tags=["issues"])

WEEKS_SHOWN = 26
FOLLOWUPS_SHOWN = 200
_DAYS_BY_DEFAULT = 90
_MOST_DAYS = 1100

IssueState = Literal["open"] | PlanState


@routes.get("/issues")
async def list_issues(
    board: BoardAtHand,
    reader: Reader,
    touchpoint: Annotated[Name | None, Query()] = None,
    department: Annotated[Name | None, Query()] = None,
    state: Annotated[IssueState | None, Query()] = None,
) -> IssueList:
    """Give the issues that match, those with the most customers of late first."""
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        every = await reads.issues(IssueFilter(), until)
        wanted = IssueFilter(touchpoint=touchpoint, department=department)
        rows = await reads.issues(wanted, until) if touchpoint or department else every
        plans = await reads.plans_of([row.issue_id for row in rows])
    back = {one.plan_id for one in await board.recurrences.of(reader.tenant)}
    issues = [
        IssueOut.model_validate(IssueOut.fields_of(row, plans[row.issue_id], back))
        for row in rows
        if state is None or issue_state(plans[row.issue_id], back) == state
    ]
    return IssueList(issues=issues, total=len(every), matching=len(issues), data_until=until)


@routes.get("/issues/{issue_id}")
async def show_issue(board: BoardAtHand, reader: Reader, issue_id: UUID) -> IssueDetail:
    """Give the issue with its weeks, reasons, follow-ups and history."""
    program = await program_of(board.programs, reader)
    recurrences = await board.recurrences.of(reader.tenant, issue_id)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        rows = await reads.issues(IssueFilter(issue_id=issue_id), until)
        if not rows:
            raise NotFoundProblem(f"There is no issue {issue_id}.")
        return IssueDetail.of(
            rows[0],
            (await reads.plans_of([issue_id]))[issue_id],
            data_until=until,
            time_zone=program.time_zone,
            weeks=await reads.weeks_of(issue_id, last=day_of(until, program), weeks=WEEKS_SHOWN),
            whys=await reads.whys_of(issue_id),
            followups=await reads.followups_of(issue_id, limit=FOLLOWUPS_SHOWN),
            changes=await reads.changes_of(issue_id),
            recurrences=recurrences,
            detection=await reads.detection_of(issue_id),
        )


@routes.get("/root-causes", response_model_by_alias=True)
async def list_root_causes(
    board: BoardAtHand,
    reader: Reader,
    group_by: Dimension,
    start: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    interval: Literal["week"] | None = None,
) -> CauseList:
    """Count confirmed causes and detractors by group; `from` and `to` are both inside.

    Without them: the last 90 days.
    """
    program = await program_of(board.programs, reader)
    last = to or today(board, program)
    first = start or last - timedelta(days=_DAYS_BY_DEFAULT - 1)
    check_period(first, last)
    async with board.reads.of(reader.tenant) as reads:
        rows = await reads.causes(group_by, first, last, weekly=interval == "week")
    return CauseList(
        group_by=group_by,
        start=first,
        to=last,
        interval=interval,
        time_zone=program.time_zone,
        groups=[CauseOut.model_validate(row) for row in rows],
    )


def check_period(first: date, last: date) -> None:
    """Raise InvalidProblem for days that are no period, or too long a one."""
    if not date(1990, 1, 1) <= first <= last <= date(2199, 12, 31):
        raise InvalidProblem(
            f"The period from {first} to {last} is none.",
            field="from",
            remedy="Give two days between 1990 and 2199, the earlier one as `from`.",
        )
    if (last - first).days > _MOST_DAYS:
        raise InvalidProblem(
            f"The period has {(last - first).days} days.",
            field="from",
            remedy=f"Ask for {_MOST_DAYS} days or fewer.",
        )
