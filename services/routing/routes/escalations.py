"""/followups/v1/followups/{id}/escalations: who was told that time runs out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.routing.domain.alerts import AlertMail
from services.routing.domain.escalation import Told
from services.routing.domain.timetable import Step
from services.routing.handlers import reading
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from services.routing.routes.followups import PREFIX, PROBLEMS
from shared.contracts.events import Moment
from shared.program.escalation import Level

routes = APIRouter(prefix=PREFIX, tags=["follow-ups"])


class EscalationMail(BaseModel):
    """What became of the mail: `waiting` to be written, for ten minutes at most, then queued.

    `with_others`: it told of several escalations. `fault` is what went wrong last.
    """

    state: Literal["waiting", "queued", "sent", "failed"]
    sent_at: Moment | None
    with_others: bool
    fault: str | None


class EscalationView(BaseModel):
    """Somebody was told of a step: `due_at` is when it was to be, `fired_at` when it was.

    `share` is the part of the step's time that was over at `due_at`. `round` is 1, and one more
    for each reopening. `told` is null where the program had nobody for it. `version` is the
    follow-up's after it. `mail` is null where nobody was told by mail.
    """

    round: int
    step: Step
    level: int
    tells: Literal["owner", "lead", "head"]
    told: str | None
    share: float
    due_at: Moment
    fired_at: Moment
    version: int
    program_version: int
    mail: EscalationMail | None


class Escalations(BaseModel):
    """Who was told of one follow-up, oldest first; `level` is how far up in its present round."""

    level: int
    items: list[EscalationView]


@routes.get("/followups/{followup_id}/escalations", responses=PROBLEMS)
async def show_escalations(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> Escalations:
    """Return who was told that the time of one follow-up runs out, oldest first."""
    with problems():
        case = await reading.read_escalations(desk.transactions, who.tenant, followup_id)
    mails = await desk.alert_mails.of_followup(who.tenant, followup_id)
    return Escalations(
        level=int(case.followup.escalation_level),
        items=[_view_of(one, mails.get(one.version)) for one in case.told],
    )


_TELLS: dict[Level, Literal["owner", "lead", "head"]] = {
    Level.OWNER: "owner",
    Level.LEAD: "lead",
    Level.HEAD: "head",
}


def _view_of(told: Told, mail: AlertMail | None) -> EscalationView:
    return EscalationView(
        round=told.round,
        step=told.step,
        level=int(told.level),
        tells=_TELLS[told.level],
        told=told.told,
        share=told.share,
        due_at=told.due_at,
        fired_at=told.fired_at,
        version=told.version,
        program_version=told.program_version,
        mail=_mail_of(mail) if mail else None,
    )


def _mail_of(mail: AlertMail) -> EscalationMail:
    return EscalationMail(
        state=mail.state, sent_at=mail.sent_at, with_others=mail.is_with_others, fault=mail.fault
    )
