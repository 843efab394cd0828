"""/inbox/{id}/reply: a mail to the customer, shown first, then sent once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.contacts import Contact
from services.routing.errors import RoutingError
from services.routing.handlers import reading
from services.routing.handlers.changing import change_followup
from services.routing.handlers.promising import kept_for
from services.routing.routes.case import refused_page, shown_page
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.case_reply import mail_of
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from services.routing.routes.drafts import sent
from services.routing.routes.followups import answer_of
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

#: What the button of the preview does; every other one shows the mail.
SEND = "send"


@routes.post("/inbox/{followup_id}/reply")
async def reply(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[CaseForm, Form()],
) -> Response:
    """Show the mail that a form means, or send it when it is the one that was shown."""
    program = await program_of(desk.programs, who)
    with problems():
        case = await reading.read_case(desk.transactions, who.tenant, followup_id)
    try:
        kept = await kept_for(desk.promises, case.followup)
        mail = mail_of(
            desk,
            who,
            case.followup,
            program,
            language=form.language,
            written=form.text,
            promise_link=desk.promises.address_of(kept.promise),
        )
        if form.do != SEND or form.shown != mail.digest:
            return await shown_page(request, desk, who, followup_id, form=form, preview=mail)
        contact = Contact(channel=ContactChannel.MAIL, outcome=ContactOutcome.SENT, mail=mail)
        await change_followup(
            desk.transactions,
            form.wish(who, followup_id, ChangeFollowUp(contact=contact)),
            program=program,
            now=desk.clock.now(),
            answer_of=answer_of,
        )
    except RoutingError as error:
        return await refused_page(request, desk, who, followup_id, Refused(form=form, error=error))
    await sent(desk, who, followup_id, form.form)
    return RedirectResponse(f"/inbox/{followup_id}?done=reply", status_code=HTTPStatus.SEE_OTHER)
