"""/followups/v1/followups/{id}/contacts: attempts to reach a customer, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel
from starlette.responses import Response

from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.contacts import Contact, ContactAttempt, Tally
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import Answer
from services.routing.handlers.changing import ChangeRequest, change_followup
from services.routing.handlers.contacting import read_contacts
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems, response_of
from services.routing.routes.followups import PATCH_PROBLEMS, PREFIX, PROBLEMS
from services.routing.routes.schemas import FollowUpView, Taken, view_of
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import Moment, Text
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

routes = APIRouter(prefix=PREFIX, tags=["follow-ups"])


class NewContact(Taken):
    """An attempt to reach the customer. `sent` is for what is written and has no answer yet."""

    channel: ContactChannel
    outcome: ContactOutcome
    note: Text | None = None


class ContactView(BaseModel):
    """An attempt, logged when the follow-up came to `version`."""

    version: int
    channel: ContactChannel
    outcome: ContactOutcome
    at: Moment
    by: str
    by_name: str
    note: str | None


class UnreachableView(BaseModel):
    """Whether the customer may count as unreachable: attempts in vain, on so many days."""

    allowed: bool
    attempts: int
    attempts_needed: int
    days: int
    days_needed: int


class ContactList(BaseModel):
    """All attempts to reach a customer, oldest first."""

    items: list[ContactView]
    unreachable: UnreachableView


class ContactLogged(BaseModel):
    """The attempt, and the follow-up after it."""

    contact: ContactView
    followup: FollowUpView


@routes.get("/followups/{followup_id}/contacts", responses=PROBLEMS)
async def list_contacts(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> ContactList:
    """Return how often somebody tried to reach the customer, and what came of it."""
    program = await program_of(desk.programs, who)
    with problems():
        found = await read_contacts(desk.transactions, who.tenant, followup_id, program)
    return ContactList(
        items=[_view_of(attempt) for attempt in found.attempts],
        unreachable=_unreachable(found.tally),
    )


@routes.post(
    "/followups/{followup_id}/contacts",
    response_model=ContactLogged,
    status_code=HTTPStatus.CREATED,
    responses=PATCH_PROBLEMS,
)
async def log_contact(
    followup_id: UUID,
    contact: NewContact,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Log an attempt to reach the customer, for good: nobody can change it after."""
    request = ChangeRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=expected_version(if_match),
        command=ChangeFollowUp(
            contact=Contact(channel=contact.channel, outcome=contact.outcome), note=contact.note
        ),
        actor=actor_of(who),
        actor_name=who.name,
        key=idempotency_key,
    )
    program = await program_of(desk.programs, who)

    def answer_of(followup: FollowUp) -> Answer:
        return _logged(followup, contact, who)

    with problems():
        answer = await change_followup(
            desk.transactions, request, program=program, now=desk.clock.now(), answer_of=answer_of
        )
    return response_of(answer)


def _logged(followup: FollowUp, contact: NewContact, who: Principal) -> Answer:
    logged = ContactLogged(
        contact=ContactView(
            version=followup.version,
            channel=contact.channel,
            outcome=contact.outcome,
            at=followup.changed_at,
            by=who.subject,
            by_name=who.name,
            note=(contact.note or "").strip() or None,
        ),
        followup=view_of(followup),
    )
    return Answer(
        status=HTTPStatus.CREATED, body=logged.model_dump_json(), etag=etag(followup.version)
    )


def _view_of(attempt: ContactAttempt) -> ContactView:
    return ContactView.model_validate(attempt, from_attributes=True)


def _unreachable(tally: Tally) -> UnreachableView:
    return UnreachableView(
        allowed=tally.is_enough,
        attempts=tally.attempts,
        attempts_needed=tally.attempts_needed,
        days=tally.days,
        days_needed=tally.days_needed,
    )
