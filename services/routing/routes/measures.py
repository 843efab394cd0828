"""How well the inner loop works: /followups/v1/measures for programs, /measures for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.ways import Whose
from services.routing.handlers.measuring import report_of
from services.routing.routes.deps import DeskOfRequest, Staff
from services.routing.routes.inbox import PAGES
from services.routing.routes.measure_schemas import ReportView, report_view_of
from services.routing.routes.measure_table import table_of
from shared.contracts.events import Name, Severity
from shared.program.document import Program
from shared.web.days import Day
from shared.web.problems import InvalidProblem
from shared.web.programs import program_of
from shared.web.tables import csv_response

routes = APIRouter(tags=["measures"])

USUAL_DAYS, MOST_DAYS = 30, 366
#: Of fewer a share says little: the page shows the counts alone.
FEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which follow-ups and days are asked for; without days the last thirty."""

    since: date | None
    until: date | None
    team: str | None
    severity: Severity | None
    segment: str | None


def asked(
    *,
    since: Annotated[Day | None, Query(description="The first day")] = None,
    until: Annotated[Day | None, Query(description="The last day, included")] = None,
    team: Annotated[Name | Literal[""], Query()] = "",
    severity: Severity | Literal[""] = "",
    segment: Annotated[Name | Literal[""], Query()] = "",
) -> Asked:
    """Read what the address asks for; a field that was left empty does not filter."""
    return Asked(
        since=since,
        until=until,
        team=team or None,
        severity=severity or None,
        segment=segment or None,
    )


Question = Annotated[Asked, Depends(asked)]


@routes.get("/followups/v1/measures")
async def read_measures(desk: DeskOfRequest, who: Staff, question: Question) -> ReportView:
    """Measure what happened on some days: times, promises kept, reopenings, oddities."""
    return await _report(desk, await program_of(desk.programs, who), question)


@routes.get(
    "/followups/v1/measures.csv",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": {"text/csv": {}}}},
)
async def read_measures_as_table(desk: DeskOfRequest, who: Staff, question: Question) -> Response:
    """Give the same numbers as CSV: a row for all, each team and each owner."""
    report = await _report(desk, await program_of(desk.programs, who), question)
    return csv_response(f"measures-{report.since}-{report.until}", *table_of(report))


@routes.get("/measures", include_in_schema=False)
async def show_measures(
    request: Request, desk: DeskOfRequest, who: Staff, question: Question
) -> Response:
    """Show the measures of some days."""
    program = await program_of(desk.programs, who)
    return PAGES.TemplateResponse(
        request,
        "measures.html",
        {
            "report": await _report(desk, program, question),
            "asked": question,
            "program": program,
            "severities": [one for one in reversed(Severity) if one is not Severity.NONE],
            "fewest": FEWEST,
            "seconds": _seconds,
        },
    )


async def _report(desk: Desk, program: Program, question: Asked) -> ReportView:
    now = desk.clock.now()
    since, until = days_of(question, now, program.time_zone)
    zone = ZoneInfo(program.time_zone)
    period = _midnight(since, zone), _midnight(until + timedelta(days=1), zone)
    whose = Whose(
        teams=[question.team] if question.team else None,
        severity=question.severity,
        segment=question.segment,
    )
    report = await report_of(desk.ways, program, period, whose, now)
    return report_view_of(report, program, since, until)


def days_of(question: Asked, now: datetime, zone: str) -> tuple[date, date]:
    """Return the first and the last day that are asked for. Raises InvalidProblem."""
    until = question.until or now.astimezone(ZoneInfo(zone)).date()
    since = question.since or until - timedelta(days=USUAL_DAYS - 1)
    if not timedelta(0) <= until - since < timedelta(days=MOST_DAYS):
        raise InvalidProblem(
            f"From {since} to {until} are no 1 to {MOST_DAYS} days.",
            field="since",
            remedy="Let it be the last day or an earlier one, at most a year before it.",
        )
    return since, until


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
