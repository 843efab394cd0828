"""/inbox/{id}: one case, and what can be done about it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.channel_messages import ChannelMessage
from services.routing.domain.handing import Recipient, is_own, recipients
from services.routing.domain.mails import Mail
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.presence import BEAT
from services.routing.domain.transitions import (
    JUDGES,
    WORKERS,
    Standing,
    allowed,
    standing,
    team_of,
)
from services.routing.errors import (
    RoutingError,
    UnknownFollowUpError,
)
from services.routing.handlers import reading
from services.routing.handlers.changing import change_followup
from services.routing.handlers.mentioning import see
from services.routing.handlers.reading import Case
from services.routing.routes import wording
from services.routing.routes.case_channels import channels_part
from services.routing.routes.case_contact import contact_part
from services.routing.routes.case_files import files_part
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.case_issue import issue_part
from services.routing.routes.case_merge import merge_part
from services.routing.routes.case_recovery import recovery_part
from services.routing.routes.case_reply import reply_part
from services.routing.routes.clocks import clocks_of
from services.routing.routes.deps import (
    DeskOfRequest,
    Staff,
    actor_of,
    problems,
)
from services.routing.routes.drafts import drafts_part, sent
from services.routing.routes.followups import answer_of
from services.routing.routes.inbox import PAGES
from services.routing.routes.promise_panel import panel_of
from shared.contracts.events import FollowUpState
from shared.web.auth import Principal
from shared.web.programs import program_of
from shared.web.signin import safe_next

routes = APIRouter(include_in_schema=False)

#: Keys of steps that have one; the likeliest next step has `s` besides.
_KEYS: Mapping[FollowUpState, str] = {
    FollowUpState.WAITING_CUSTOMER: "w",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A button: the state it leads to, what it says, its key."""

    state: FollowUpState
    words: str
    key: str = field(default="")


@routes.get("/inbox/{followup_id}")
async def show_case(
    request: Request, followup_id: UUID, desk: DeskOfRequest, who: Staff, done: str = ""
) -> Response:
    """Show one case."""
    context = await _context(desk, who, followup_id)
    await see(desk.transactions, who.tenant, followup_id, who.subject, desk.clock.now())
    return PAGES.TemplateResponse(
        request, "case.html", {**context, "notice": wording.DONE.get(done, "")}
    )


@routes.post("/inbox/{followup_id}")
async def change_case(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[CaseForm, Form()],
) -> Response:
    """Do what a form of the page asks; refused, show the page again with all that was typed."""
    program = await program_of(desk.programs, who)
    try:
        await change_followup(
            desk.transactions,
            form.wish(who, followup_id, form.command(who)),
            program=program,
            now=desk.clock.now(),
            answer_of=answer_of,
        )
    except RoutingError as error:
        return await refused_page(request, desk, who, followup_id, Refused(form=form, error=error))
    await sent(desk, who, followup_id, form.form)
    place = safe_next(form.back) if form.back else f"/inbox/{followup_id}"
    mark = "&" if "?" in place else "?"
    return RedirectResponse(f"{place}{mark}done={form.do}", status_code=HTTPStatus.SEE_OTHER)


async def shown_page(
    request: Request,
    desk: Desk,
    who: Principal,
    followup_id: UUID,
    *,
    form: CaseForm,
    preview: Mail | ChannelMessage,
) -> Response:
    """Show the case with a reply as the customer will see it, and what was typed."""
    context = await _context(desk, who, followup_id, preview=preview)
    return PAGES.TemplateResponse(request, "case.html", {**context, "draft": form})


async def refused_page(
    request: Request, desk: Desk, who: Principal, followup_id: UUID, refused: Refused
) -> Response:
    """Show the case, what was typed, and why it was refused."""
    if isinstance(refused.error, UnknownFollowUpError):
        with problems():
            raise refused.error
    status = (
        HTTPStatus.UNPROCESSABLE_ENTITY
        if refused.faults
        else HTTPStatus.PRECONDITION_FAILED
        if refused.is_stale
        else HTTPStatus.CONFLICT
    )
    context = await _context(desk, who, followup_id, refused)
    return PAGES.TemplateResponse(request, "case.html", context, status_code=status)


async def _context(
    desk: Desk,
    who: Principal,
    followup_id: UUID,
    refused: Refused | None = None,
    preview: Mail | ChannelMessage | None = None,
) -> dict[str, Any]:
    program, now = await program_of(desk.programs, who), desk.clock.now()
    with problems():
        case = await reading.read_case(desk.transactions, who.tenant, followup_id)
    followup = case.followup
    position = standing(followup, actor_of(who), program, now)
    team = team_of(followup, program)
    others = recipients(followup, program, now)
    gives_own = is_own(followup, actor_of(who), position)
    before = _as_it_was(case, refused)
    contact = await contact_part(desk, followup, position, program)
    return {
        "case": case,
        "followup": followup,
        "voice": followup.voice,
        "verdict": followup.verdict,
        "program": program,
        "clock": wording.clock_of(followup, now),
        "clocks": clocks_of(followup, now),
        "zone": program.zone_of(followup.team),
        "score": wording.score_words(followup.voice),
        "state": wording.STATES[followup.state],
        "states": wording.STATES,
        "team": team,
        "is_unnamed": followup.voice.touchpoint not in {one.id for one in program.touchpoints},
        "timeline": [
            (entry, contact.act_words(entry, program)) for entry in reversed(case.history)
        ],
        "contact": contact,
        "files": await files_part(desk, followup, position),
        "reply": await reply_part(
            desk,
            who,
            followup,
            program,
            can_log=contact.can_log,
            preview=preview if isinstance(preview, Mail) else None,
        ),
        "channels": await channels_part(
            desk,
            followup,
            program,
            can_log=contact.can_log,
            preview=preview if isinstance(preview, ChannelMessage) else None,
        ),
        "steps": _steps(case, position),
        "can_resolve": FollowUpState.RESOLVED in allowed(followup, position),
        "can_take": _can_take(case, who, others),
        "can_give": followup.is_open and bool(others) and (gives_own or position in JUDGES),
        "can_insist": position in JUDGES and any(one.away_until for one in others),
        "must_say": gives_own,
        "recipients": others,
        "can_work": position is not Standing.READER,
        "refused": refused,
        "draft": refused.form if refused else CaseForm(version=followup.version, do="note"),
        "drafts": await drafts_part(desk, who, followup_id, program.time_zone),
        "beat_s": BEAT.total_seconds(),
        "before": before,
        "before_words": wording.act_words(before, program) if before else "?",
        "key": secrets.token_urlsafe(12),
        "keys": _KEYS,
        "merging": await merge_part(desk, who, case, program),
        "issue": await issue_part(desk, followup, program),
        "recovery": await recovery_part(desk, who, followup, position, program),
        "promise": await panel_of(desk, case, program, can_work=position in WORKERS),
    }


def _steps(case: Case, position: Standing) -> list[Step]:
    """Return the buttons, the likeliest first; resolving has a form of its own."""
    present = case.followup.state
    return [
        Step(state=state, words=wording.step_words(present, state), key=_KEYS.get(state, ""))
        for state in allowed(case.followup, position)
        if state is not FollowUpState.RESOLVED
    ]


def _can_take(case: Case, who: Principal, others: Sequence[Recipient]) -> bool:
    return (
        case.followup.is_open
        and case.followup.owner != who.subject
        and who.subject in {one.owner for one in others}
    )


def _as_it_was(case: Case, refused: Refused | None) -> HistoryEntry | None:
    """Return the entry that the refused form was about, when it is no longer the last one."""
    if not (refused and refused.is_stale):
        return None
    return next((one for one in case.history if one.version == refused.form.version), None)
