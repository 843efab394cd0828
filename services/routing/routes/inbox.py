"""/inbox: the list of follow-ups that a person has to work through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from services.routing.domain.followup import OPEN_STATES, FollowUp
from services.routing.domain.ports import Filter, ViewCounts, Watch
from services.routing.handlers import reading
from services.routing.handlers.reading import FollowUpPage
from services.routing.routes import wording
from services.routing.routes.deps import DeskOfRequest, Staff
from shared.contracts.events import FollowUpState, Name, Severity
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.pages import page_templates
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.programs import program_of

PAGES = page_templates(Path(__file__).parents[1] / "templates")
ROWS_ON_A_PAGE = 50

View = Literal["mine", "team", "all"]
Due = Literal["any", "overdue", "today"]

routes = APIRouter(include_in_schema=False)

_POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address of the list asks for; `view` None is the one that suits the role."""

    view: View | None
    due: Due
    severity: Severity | None
    touchpoint: str | None
    state: FollowUpState | None
    cursor: str | None

    def address(self, **changes: str | None) -> str:
        """Return the address of the list with some of it changed, on its first page."""
        asked = {
            "view": self.view,
            "due": None if self.due == "any" else self.due,
            "severity": self.severity,
            "touchpoint": self.touchpoint,
            "state": self.state,
            **changes,
        }
        query = urlencode({name: str(text) for name, text in asked.items() if text})
        return f"/inbox?{query}" if query else "/inbox"

    @property
    def narrows(self) -> bool:
        """Whether more than a view and a due date is asked for."""
        return bool(self.severity or self.touchpoint or self.state)


def wanted(
    *,
    view: View | None = None,
    due: Due = "any",
    severity: Severity | Literal[""] = "",
    touchpoint: Annotated[Name | Literal[""], Query()] = "",
    state: FollowUpState | Literal[""] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Wanted:
    """Read the address of the list; a select that was left alone sends nothing."""
    return Wanted(
        view=view,
        due=due,
        severity=severity or None,
        touchpoint=touchpoint or None,
        state=state or None,
        cursor=cursor,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A follow-up as the list shows it."""

    followup: FollowUp
    clock: wording.ClockFace
    score: str
    touchpoint: str
    state: str
    owner: str
    is_mine: bool
    can_be_taken: bool


@routes.get("/inbox")
async def show_inbox(
    request: Request,
    desk: DeskOfRequest,
    who: Staff,
    asked: Annotated[Wanted, Depends(wanted)],
    done: str = "",
) -> Response:
    """Show the follow-ups of a view, those first whose time runs out first."""
    program, now = await program_of(desk.programs, who), desk.clock.now()
    view = asked.view or _view_for(who, program)
    after = decode_cursor(asked.cursor, _POSITION) if asked.cursor else None
    page = await reading.list_followups(
        desk.transactions,
        who.tenant,
        filter_of(asked, view, who, program, now),
        after=after,
        limit=ROWS_ON_A_PAGE,
    )
    watch = Watch(
        subject=who.subject,
        teams=teams_of(who, program),
        view=view,
        now=now,
        today_ends=end_of_day(now, program.time_zone),
    )
    counts = await reading.count_views(desk.transactions, who.tenant, watch)
    return PAGES.TemplateResponse(
        request,
        "inbox.html",
        {
            "asked": asked,
            "view": view,
            "rows": [_row(one, who, program, now) for one in page.followups],
            "page": page,
            "counts": counts,
            "next": _next_address(asked, page),
            "program": program,
            "states": {
                state: wording.STATES[state] for state in FollowUpState if state in OPEN_STATES
            },
            "severities": [one for one in reversed(Severity) if one is not Severity.NONE],
            "empty": _empty(asked, view, page, counts, program),
            "now": now,
            "notice": wording.DONE.get(done, ""),
            "here": asked.address(cursor=asked.cursor),
        },
    )


def filter_of(asked: Wanted, view: View, who: Principal, program: Program, now: datetime) -> Filter:
    """Return the filter that the address means for one person at one moment."""
    return Filter(
        open_only=True,
        owner=who.subject if view == "mine" else None,
        teams=teams_of(who, program) if view == "team" else None,
        states=[asked.state] if asked.state else None,
        severities=[asked.severity] if asked.severity else None,
        touchpoint=asked.touchpoint,
        due_from=now if asked.due == "today" else None,
        due_before={
            "any": None,
            "overdue": now,
            "today": end_of_day(now, program.time_zone),
        }[asked.due],
    )


def teams_of(who: Principal, program: Program) -> list[str]:
    """Return the teams that the person owns follow-ups in or leads."""
    return [
        team.id for team in program.teams if who.subject in team.owners or who.subject == team.lead
    ]


def end_of_day(now: datetime, zone: str) -> datetime:
    """Return the next midnight in `zone`."""
    there = now.astimezone(ZoneInfo(zone))
    return datetime.combine(there.date() + timedelta(days=1), time(), tzinfo=there.tzinfo)


def _view_for(who: Principal, program: Program) -> View:
    """Return where somebody begins: with their own, their team's, or all where they have none."""
    if any(who.subject in team.owners for team in program.teams):
        return "mine"
    return "team" if any(who.subject == team.lead for team in program.teams) else "all"


def _row(followup: FollowUp, who: Principal, program: Program, now: datetime) -> Row:
    is_mine = followup.owner == who.subject
    return Row(
        followup=followup,
        clock=wording.clock_of(followup, now),
        score=wording.score_words(followup.voice),
        touchpoint=program.touchpoint_name(followup.voice.touchpoint),
        state=wording.STATES[followup.state],
        owner=program.owner_name(followup.owner) if followup.owner else "nobody",
        is_mine=is_mine,
        can_be_taken=not is_mine and _owns_in(followup.team, who, program),
    )


def _owns_in(team_id: str, who: Principal, program: Program) -> bool:
    return any(team.id == team_id and who.subject in team.owners for team in program.teams)


def _next_address(asked: Wanted, page: FollowUpPage) -> str | None:
    if page.next is None:
        return None
    return asked.address(cursor=encode_cursor((page.next[0].isoformat(), page.next[1])))


def _empty(
    asked: Wanted, view: View, page: FollowUpPage, counts: ViewCounts, program: Program
) -> Mapping[str, str] | None:
    """Say why there is nothing to see, and one next step."""
    if page.followups:
        return None
    if page.total == 0:
        return _why(
            "No follow-ups yet",
            f"A follow-up opens by itself when feedback arrives that program {program.version}"
            " flags.",
        )
    if counts.dues["any"] and (asked.narrows or asked.due != "any"):
        return _why(
            "Nothing matches",
            f"The filter hides {counts.dues['any']:,} open follow-ups of this view.",
            step=("Show them", f"/inbox?view={view}"),
        )
    if view != "all" and counts.views["all"]:
        return _why(
            "Nothing due",
            f"This view is done. Elsewhere {counts.views['all']:,} follow-ups are open.",
            step=("Show all open", "/inbox?view=all"),
        )
    return _why("Nothing due", "Every follow-up is resolved. New ones appear here by themselves.")


def _why(title: str, text: str, step: Sequence[str] = ("", "")) -> Mapping[str, str]:
    label, address = step
    return {"title": title, "text": text, "label": label, "address": address}
