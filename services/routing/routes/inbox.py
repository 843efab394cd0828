"""/inbox: the list of follow-ups that a person has to work through."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.followup import OPEN_STATES, FollowUp
from services.routing.domain.ports import ViewCounts, Watch
from services.routing.handlers import reading
from services.routing.handlers.mentioning import unseen_by
from services.routing.handlers.reading import FollowUpPage
from services.routing.handlers.recovering import count_waiting
from services.routing.routes import wording
from services.routing.routes.asked import (
    View,
    Wanted,
    end_of_day,
    filter_of,
    teams_of,
    view_for,
    wanted,
)
from services.routing.routes.bulk import read_report
from services.routing.routes.case_issue import issue_lines
from services.routing.routes.clocks import MARKS
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of
from services.routing.routes.inbox_views import saved_part
from shared.contracts.events import FollowUpState, Severity
from shared.program.document import Program
from shared.program.rules import DEFAULT_RULE
from shared.web.auth import Principal
from shared.web.pages import page_templates
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.programs import program_of

PAGES = page_templates(Path(__file__).parents[1] / "templates")
ROWS_ON_A_PAGE = 50

routes = APIRouter(include_in_schema=False)

_POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])


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
    mark: Sequence[str]


@routes.get("/inbox")
async def show_inbox(
    request: Request,
    desk: DeskOfRequest,
    who: Staff,
    asked: Annotated[Wanted, Depends(wanted)],
    done: str = "",
    bulk: UUID | None = None,
) -> Response:
    """Show the follow-ups of a view, those first whose time runs out first."""
    place = desk.live.place(who.tenant)  # before what is read: nothing falls in between
    program, now = await program_of(desk.programs, who), desk.clock.now()
    view = asked.view or view_for(who, program)
    after = decode_cursor(asked.cursor, _POSITION) if asked.cursor else None
    watch = Watch(
        subject=who.subject,
        teams=teams_of(who, program),
        view=view,
        now=now,
        today_ends=end_of_day(now, program.time_zone),
    )
    page, counts = await reading.list_in_views(
        desk.transactions,
        who.tenant,
        filter_of(asked, view, who, program, now),
        watch,
        after=after,
        limit=ROWS_ON_A_PAGE,
    )
    # A list that asks for itself again (static/live.js) takes nothing but itself and the numbers.
    is_whole = "hx-request" not in request.headers
    around = await _around(desk, who, program, asked, view) if is_whole else {}
    return PAGES.TemplateResponse(
        request,
        "inbox.html",
        {
            **around,
            "is_whole": is_whole,
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
            "report": wording.report_words(await read_report(desk, who, bulk)) if bulk else None,
            "key": secrets.token_urlsafe(12),
            "bulk_owners": _owners_to_give_to(who, program),
            "live": f"/inbox/live?{urlencode({'view': view, 'at': place})}",
            "here": asked.address(cursor=asked.cursor),
            "rules": [DEFAULT_RULE, *(rule.id for rule in program.rules if rule.flag)],
            "count_words": wording.count_words,
        },
    )


async def _around(
    desk: Desk, who: Principal, program: Program, asked: Wanted, view: View
) -> Mapping[str, object]:
    """Return what stands around the list."""
    return {
        "approvals": await count_waiting(desk.recoveries, who.tenant, actor_of(who), program),
        "saved": await saved_part(desk, who, program, asked, view),
        "mentions": await unseen_by(desk.transactions, who.tenant, who.subject),
        "issues": await issue_lines(desk, who.tenant, program),
    }


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
        mark=MARKS.get(followup.escalation_level, ()),
    )


def _owners_to_give_to(who: Principal, program: Program) -> list[str]:
    """Return whom the person may give follow-ups to: leads their teams, CX admins everybody."""
    return sorted(
        {
            owner
            for team in program.teams
            if team.lead == who.subject or "cx_admin" in who.roles
            for owner in team.owners
        }
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
    in_view = wording.count_words(counts.dues["any"])
    open_ones = wording.count_words(counts.views["all"])
    if page.total.number == 0:
        return _why(
            "No follow-ups yet",
            f"A follow-up opens by itself when feedback arrives that program {program.version}"
            " flags.",
        )
    if counts.dues["any"].number and (asked.narrows or asked.due != "any"):
        return _why(
            "Nothing matches",
            f"The filter hides {in_view} open follow-ups of this view.",
            step=("Show them", f"/inbox?view={view}"),
        )
    if view != "all" and counts.views["all"].number:
        return _why(
            "Nothing due",
            f"This view is done. Elsewhere {open_ones} follow-ups are open.",
            step=("Show all open", "/inbox?view=all"),
        )
    return _why("Nothing due", "Every follow-up is resolved. New ones appear here by themselves.")


def _why(title: str, text: str, step: Sequence[str] = ("", "")) -> Mapping[str, str]:
    label, address = step
    return {"title": title, "text": text, "label": label, "address": address}
