"""/inbox/{id}/recovery: the case page's forms; /inbox/approvals: the offers that wait for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.domain.recovery_ports import Waiting
from services.routing.errors import RoutingError
from services.routing.handlers.recovering import read_waiting
from services.routing.routes.case import refused_page
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.case_recovery import RecoveryForm, request_of, words_of
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of
from services.routing.routes.drafts import sent
from services.routing.routes.inbox import PAGES
from services.routing.routes.recoveries import changed
from shared.program.document import Program
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An offer that waits, in words."""

    waiting: Waiting
    words: str
    customer: str
    touchpoint: str
    is_own: bool


@routes.get("/inbox/approvals")
async def show_approvals(request: Request, desk: DeskOfRequest, who: Staff) -> Response:
    """Show the offers that wait in the teams that one leads and the departments that one heads."""
    program = await program_of(desk.programs, who)
    found = await read_waiting(desk.recoveries, who.tenant, actor_of(who), program)
    return PAGES.TemplateResponse(
        request,
        "approvals.html",
        {"rows": _rows(found, who.subject, program), "program": program},
    )


@routes.post("/inbox/{followup_id}/recovery")
async def change_case_recovery(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[RecoveryForm, Form()],
) -> Response:
    """Offer, approve or refuse; refused, show the page again with all that was typed."""
    program = await program_of(desk.programs, who)
    try:
        wish = request_of(form, followup_id, who, program)
        answer = await changed(desk, who, wish, HTTPStatus.OK)
    except RoutingError as error:
        typed = CaseForm(
            version=form.version,
            do=form.do,
            kind=form.kind,
            amount=form.amount,
            recovery_why=form.why,
        )
        return await refused_page(request, desk, who, followup_id, Refused(form=typed, error=error))
    await sent(desk, who, followup_id, form.form)
    done = "asked" if form.do == "offer" and '"decision":"offered"' in answer.body else form.do
    return RedirectResponse(f"/inbox/{followup_id}?done={done}", status_code=HTTPStatus.SEE_OTHER)


def _rows(found: Sequence[Waiting], subject: str, program: Program) -> list[Row]:
    return [
        Row(
            waiting=one,
            words=words_of(one.recovery),
            customer=one.followup.voice.contact_name or one.followup.voice.customer_id,
            touchpoint=program.touchpoint_name(one.followup.voice.touchpoint),
            is_own=one.recovery.first.by == subject,
        )
        for one in found
    ]
