"""The case page's part on the customer's own page: their link, what they read, what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.promise import LONGEST_WORDS, Promise, commitment_of, wants_person
from services.routing.domain.resurvey import Asking
from services.routing.handlers import promising
from services.routing.handlers.promising import PromiseEdit
from services.routing.handlers.reading import Case
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems
from services.routing.routes.languages import FALLBACK, catalogue
from services.routing.routes.promise_view import promised
from shared.program.document import Program
from shared.web.pages import moment
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

_ENDINGS = {
    "happy": "The customer is happy with it",
    "neutral": "The customer is neither happy nor unhappy",
    "unhappy": "The customer is unhappy",
    "no_response": "Nobody answered in time",
    "overtaken": "It was opened again before anybody answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePanel:
    """What stands on the case page. `address` is there for those who work on the case."""

    address: str | None
    promise: Promise
    reads: Sequence[str]
    wants_person: bool
    survey: str
    most: int


class PromiseForm(BaseModel):
    """What the forms of this part send."""

    do: Literal["tell", "replace"]
    told_customer: Annotated[
        str, StringConstraints(pattern=r"^[^\x00]*$"), Field(max_length=LONGEST_WORDS)
    ] = ""


async def panel_of(desk: Desk, case: Case, program: Program, *, can_work: bool) -> PromisePanel:
    """Return what people who look at a case are told of its customer's page."""
    kept = await promising.kept_for(desk.promises, case.followup)
    commitment = commitment_of(case.followup, program, desk.clock.now())
    zone = program.zone_of(case.followup.team)
    return PromisePanel(
        address=desk.promises.address_of(kept.promise) if can_work else None,
        promise=kept.promise,
        reads=promised(case.followup, commitment, catalogue(FALLBACK), zone),
        wants_person=wants_person(kept.promise, case.history),
        survey=_survey(kept.asked, zone) if kept.asked else "",
        most=LONGEST_WORDS,
    )


@routes.post("/inbox/{followup_id}/promise")
async def change_promise(
    followup_id: UUID, desk: DeskOfRequest, who: Staff, form: Annotated[PromiseForm, Form()]
) -> Response:
    """Keep what the customer reads about the solution, or replace their link."""
    edit = PromiseEdit(told_customer=form.told_customer, replaces_link=form.do == "replace")
    program = await program_of(desk.programs, who)
    with problems():
        await promising.edit(
            desk.promises,
            who.tenant,
            followup_id,
            edit,
            actor=actor_of(who),
            program=program,
            now=desk.clock.now(),
        )
    return RedirectResponse(f"/inbox/{followup_id}#part-promise", HTTPStatus.SEE_OTHER)


def _survey(asked: Asking, zone: str) -> str:
    if asked.ending is None:
        return (
            f"Is asked from {moment(asked.asked_at, zone)} to {moment(asked.expires_at, zone)},"
            f" {asked.scale}"
        )
    said = f" ({asked.value:g}, {asked.scale})" if asked.value is not None else ""
    return f"{_ENDINGS[asked.ending]}{said}"
