"""The lead's desk: /desk for people, /followups/v1/desk for programs, with the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.ways import Whose
from services.routing.handlers.desk import read_desk
from services.routing.handlers.measuring import report_of
from services.routing.routes.deps import DeskOfRequest, Staff
from services.routing.routes.desk_pictures import burn_down, burn_down_words
from services.routing.routes.desk_schemas import Desktop, DeskView, desk_view_of
from services.routing.routes.inbox import PAGES
from services.routing.routes.measure_schemas import report_view_of
from services.routing.routes.measures import FEWEST, USUAL_DAYS
from shared.contracts.events import Name
from shared.program.document import Program, Team
from shared.web.auth import Principal
from shared.web.problems import InvalidProblem
from shared.web.programs import program_of

routes = APIRouter()

#: What a team is called in an address; the empty name stands for all.
TeamAsked = Annotated[Name | Literal[""] | None, Query(description="A team's id; none: all")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The program that counts, and the teams that are asked for: one, or all with `team` None."""

    program: Program
    team: str | None
    teams: tuple[Team, ...]

    @property
    def time_zone(self) -> str:
        """The zone in which the desk shows hours: the team's, or the company's."""
        return self.program.zone_of(self.team) if self.team else self.program.time_zone


@routes.get("/followups/v1/desk", tags=["desk"])
async def read_the_desk(desk: DeskOfRequest, who: Staff, team: TeamAsked = None) -> DeskView:
    """Tell how open follow-ups stand: marks, deadlines by the hour, ages, people, lessons."""
    return await _view(desk, _chosen(await program_of(desk.programs, who), team or None))


@routes.get("/desk", include_in_schema=False)
async def show_desk(
    request: Request, desk: DeskOfRequest, who: Staff, team: TeamAsked = None
) -> Response:
    """Show the desk of a team, first of one that the person leads."""
    place = desk.live.place(who.tenant)  # before what is read: nothing falls in between
    program = await program_of(desk.programs, who)
    chosen = _chosen(program, _led_by(who, program) if team is None else team or None)
    view = await _view(desk, chosen)
    zone = chosen.time_zone
    return PAGES.TemplateResponse(
        request,
        "desk.html",
        {
            "desk": view,
            "program": program,
            "zone": ZoneInfo(zone),
            "zone_name": zone,
            "burn_down": burn_down(view.hours, zone),
            "burn_down_words": burn_down_words(view.hours, zone),
            "most_aged": max([*(band.n for band in view.ages), 1]),
            "here": f"/desk?{urlencode({'team': chosen.team or ''})}",
            "live": f"/inbox/live?{urlencode({'view': 'all', 'at': place})}",
        },
    )


@routes.get("/desk/kept", include_in_schema=False)
async def show_deadlines_kept(
    request: Request, desk: DeskOfRequest, who: Staff, team: TeamAsked = None
) -> Response:
    """Show the share of deadlines kept, by team and person: read apart, because it takes longer."""
    program = await program_of(desk.programs, who)
    chosen, now = _chosen(program, team or None), desk.clock.now()
    whose = Whose(teams=[chosen.team] if chosen.team else None)
    period = now - timedelta(days=USUAL_DAYS), now
    report = await report_of(desk.ways, program, period, whose, now)
    return PAGES.TemplateResponse(
        request,
        "desk_kept.html",
        {
            "report": report_view_of(report, program, period[0].date(), now.date()),
            "fewest": FEWEST,
            "days": USUAL_DAYS,
        },
    )


async def _view(desk: Desk, chosen: Chosen) -> DeskView:
    now = desk.clock.now()
    standing, members, lessons = await read_desk(
        desk.desks, chosen.program, chosen.teams, chosen.team, now
    )
    return desk_view_of(
        Desktop(at=now, team=chosen.team, standing=standing, members=members, lessons=lessons),
        chosen.program,
    )


def _chosen(program: Program, team: str | None) -> Chosen:
    """Return the teams asked for. Raises InvalidProblem for one that the program has not."""
    teams = tuple(one for one in program.teams if team in {None, one.id})
    if not teams:
        known = ", ".join(one.id for one in program.teams)
        raise InvalidProblem(
            f"The program has no team {team}.", field="team", remedy=f"Choose one of {known}."
        )
    return Chosen(program=program, team=team, teams=teams)


def _led_by(who: Principal, program: Program) -> str | None:
    return next((team.id for team in program.teams if team.lead == who.subject), None)
