"""/board: every issue and plan at a glance, for department heads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.outer_loop.adapters.reads import CauseRow, IssueFilter, TenantReads
from services.outer_loop.bootstrap import Board
from services.outer_loop.routes.cards import (
    WEEKS_ON_A_CARD,
    Card,
    View,
    Viewer,
    cards,
    lanes,
    matches,
)
from services.outer_loop.routes.deps import (
    BoardAtHand,
    Reader,
    day_of,
    today,
)
from services.outer_loop.routes.names import Names
from services.outer_loop.routes.pages import render
from shared.contracts.events import Name
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

_PARETO_DAYS = 90
_FORMING_SHOWN = 3
VIEWS: Sequence[tuple[View, str]] = (
    ("all", "All"),
    ("mine", "Mine"),
    ("decide", "Needs my decision"),
    ("late", "Late"),
)


@routes.get("/board")
async def show_board(
    request: Request,
    board: BoardAtHand,
    reader: Reader,
    view: View = "all",
    department: Annotated[Name | None, Query()] = None,
) -> Response:
    """Show plan states as columns, the issues in them, and what goes wrong most."""
    program = await program_of(board.programs, reader)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        back = await board.recurrences.of(reader.tenant)
        every = await _cards(reads, board, reader, program, until, {one.plan_id for one in back})
        last = day_of(until, program)
        causes = await reads.causes(
            "what", last - timedelta(days=_PARETO_DAYS - 1), last, weekly=False
        )
        policy = program.systemic_issues
        forming = await reads.forming(days=policy.days, limit=_FORMING_SHOWN)
    shown = [card for card in every if matches(card, view, department)]
    return render(
        request,
        "board.html",
        {
            "names": Names(program),
            "program": program,
            "until": until,
            "lanes": lanes(shown),
            "came_back": {one.issue_id: one for one in reversed(back)},
            "shown": len(shown),
            "total": len(every),
            "views": [
                (key, name, sum(matches(card, key, department) for card in every))
                for key, name in VIEWS
            ],
            "view": view,
            "department": department,
            "causes": list(zip(causes, _cumulative(causes), strict=True)),
            "confirmed": sum(one.confirmed for one in causes),
            "pareto_days": _PARETO_DAYS,
            "forming": forming,
            "policy": policy,
            "today": today(board, program),
        },
    )


async def _cards(
    reads: TenantReads,
    board: Board,
    reader: Principal,
    program: Program,
    until: datetime,
    over: Collection[UUID],
) -> list[Card]:
    """Return the cards; plans of `over` worked until their issue came back: they have none."""
    issues = await reads.issues(IssueFilter(), until)
    ids = [issue.issue_id for issue in issues]
    weekly = await reads.weekly_customers(ids, last=day_of(until, program), weeks=WEEKS_ON_A_CARD)
    plans = {
        issue_id: [plan for plan in found if plan.plan_id not in over]
        for issue_id, found in (await reads.plans_of(ids)).items()
    }
    return cards(
        issues,
        plans,
        weekly,
        viewer=Viewer.of(reader.subject, Names(program), today(board, program)),
        last_week=monday_of(until, program),
    )


def monday_of(moment: datetime, program: Program) -> date:
    """Return the first day of the week of `moment` in the company's time zone."""
    day = day_of(moment, program)
    return day - timedelta(days=day.weekday())


def _cumulative(causes: Sequence[CauseRow]) -> list[float]:
    """Return for each cause the share of all confirmed ones that it reaches, 0 to 1."""
    total = sum(one.confirmed for one in causes) or 1
    return [reached / total for reached in accumulate(one.confirmed for one in causes)]
