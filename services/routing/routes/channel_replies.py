"""Replies by other channels: written on the case's page, reported on by whoever carries them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.domain.channel_messages import ChannelReply
from services.routing.domain.channel_replies import DeliveredAlreadyError
from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.contacts import Contact
from services.routing.errors import RoutingError
from services.routing.handlers import reading
from services.routing.handlers.changing import change_followup
from services.routing.handlers.channel_replying import report
from services.routing.routes.case import refused_page, shown_page
from services.routing.routes.case_channels import message_of
from services.routing.routes.case_forms import CaseForm, Refused
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from services.routing.routes.drafts import sent
from services.routing.routes.followups import PREFIX, answer_of
from services.routing.routes.replies import SEND
from services.routing.routes.schemas import Taken
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import Moment, Text
from shared.web.auth import Principal, signed_in
from shared.web.problems import ConflictProblem
from shared.web.programs import program_of

api = APIRouter(prefix=f"{PREFIX}/replies", tags=["replies"])
pages = APIRouter(include_in_schema=False)

Carrier = Annotated[Principal, Depends(signed_in("cx_admin", scope="replies:report"))]

_LONGEST_WORDS = 300
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in", **_PROBLEM},
    403: {"description": "Only a CX admin's programs may, with the scope", **_PROBLEM},
    404: {"description": "No such reply, or another tenant's", **_PROBLEM},
    409: {"description": "It was reported as delivered before", **_PROBLEM},
    422: {"description": "Something is missing or wrong; `errors` lists it", **_PROBLEM},
}


class Outcome(Taken):
    """What became of a reply; `words` say why it failed, for its owner."""

    outcome: Literal["delivered", "failed"]
    words: Annotated[str, StringConstraints(max_length=_LONGEST_WORDS, pattern=r"^[^\x00]*$")] = ""


class ChannelReplyView(BaseModel):
    """Where a reply by a channel is."""

    reply_id: UUID
    followup_id: UUID
    channel: str
    state: Literal["queued", "sent", "delivered", "failed"]
    fault: str | None
    created_at: Moment
    reported_at: Moment | None


class ChannelForm(CaseForm):
    """What the form of a reply sends besides: by which channel, in which words."""

    via: str = ""
    message: Text = ""


@api.post("/{reply_id}/outcome", responses=_PROBLEMS)
async def report_outcome(
    reply_id: UUID, outcome: Outcome, desk: DeskOfRequest, who: Carrier
) -> ChannelReplyView:
    """Tell what became of a reply that a webhook carried. The same again changes nothing."""
    with problems():
        try:
            reply = await report(
                desk.channel_replies,
                who.tenant,
                reply_id,
                outcome=outcome.outcome,
                words=outcome.words,
                now=desk.clock.now(),
            )
        except DeliveredAlreadyError as error:
            raise ConflictProblem(error.detail, field="outcome", remedy=error.remedy) from error
    return _view_of(reply)


@pages.post("/inbox/{followup_id}/channel-reply")
async def reply(
    request: Request,
    followup_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[ChannelForm, Form()],
) -> Response:
    """Show the message that a form means, or send it when it is the one that was shown."""
    program = await program_of(desk.programs, who)
    with problems():
        case = await reading.read_case(desk.transactions, who.tenant, followup_id)
    try:
        channel, message = await message_of(
            desk, case.followup, program, via=form.via, text=form.message
        )
        if form.do != SEND or form.shown != message.digest:
            return await shown_page(request, desk, who, followup_id, form=form, preview=message)
        contact = Contact(
            channel=ContactChannel(channel.logged_as), outcome=ContactOutcome.SENT, message=message
        )
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


def _view_of(reply: ChannelReply) -> ChannelReplyView:
    return ChannelReplyView(
        reply_id=reply.reply_id,
        followup_id=reply.followup_id,
        channel=reply.message.channel,
        state=reply.state.value,
        fault=reply.fault or None,
        created_at=reply.created_at,
        reported_at=reply.reported_at,
    )
