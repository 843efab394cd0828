"""/followups/v1/…/recoveries: what customers are given, and the approvals that it takes."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, BeforeValidator, StringConstraints
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.merging import Person
from services.routing.domain.ports import Answer
from services.routing.domain.recovering import Made, RecoveryWish, Verdict, left_alone
from services.routing.domain.recovery import Decision, Recovery
from services.routing.handlers.recovering import (
    Recovered,
    RecoveryRequest,
    change_recovery,
    read_recovered,
    read_waiting,
)
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems, response_of
from services.routing.routes.followups import PATCH_PROBLEMS, PREFIX, PROBLEMS
from services.routing.routes.schemas import FollowUpView, Taken, view_of
from shared.contracts.events import Moment, Name, Text
from shared.program.document import Program
from shared.program.recovery import RecoveryKind, written
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.programs import program_of

routes = APIRouter(prefix=PREFIX, tags=["recovery"])


def _as_text(given: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
    if isinstance(given, int | float):
        raise ValueError('write it as text, such as "49.90": money is no rounded number')  # noqa: TRY004
    return given


#: A decimal number as text; a program's currency says how many digits may stand after the point.
AMOUNT = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"
Amount = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=AMOUNT)]


class NewRecovery(Taken):
    """What the customer is to be given, and what for; an apology has no amount."""

    kind: RecoveryKind
    amount: Amount | None = None
    currency: Name | None = None
    why: Text

    def wish(self) -> RecoveryWish:
        """Return the wish that is meant."""
        amount = Decimal(self.amount) if self.amount is not None else None
        return RecoveryWish(kind=self.kind, amount=amount, currency=self.currency, why=self.why)


class RecoveryVerdict(Taken):
    """What is decided about an offer; a refusal says why."""

    decision: Literal["approved", "refused"]
    why: Text | None = None

    def verdict(self) -> Verdict:
        """Return the verdict that is meant."""
        return Verdict(decision=self.decision, why=self.why or "")


class DecisionView(BaseModel):
    """Who offered, approved or refused it, when and why."""

    decision: Decision
    by: str
    by_name: str
    why: str
    at: Moment
    version: int


class RecoveryView(BaseModel):
    """A refund, voucher or apology, as it stands.

    `given_alone`: whoever offered it needed nobody's approval. `decisions` are all that were made,
    oldest first.
    """

    recovery_id: UUID
    followup_id: UUID
    kind: RecoveryKind
    amount: str | None
    currency: str | None
    decision: Decision
    given_alone: bool
    decisions: list[DecisionView]


class RecoveryList(BaseModel):
    """What was offered for a follow-up, oldest first.

    `given` is what was approved for it and for those merged with it, `left_alone` what its owner
    may give without approval; both are null where the program offers nothing.
    """

    items: list[RecoveryView]
    currency: str | None
    given: str | None
    left_alone: str | None


class RecoveryMade(BaseModel):
    """The decision, and the follow-up after it."""

    recovery: RecoveryView
    followup: FollowUpView


class WaitingView(BaseModel):
    """An offer that waits, and its follow-up."""

    recovery: RecoveryView
    followup: FollowUpView


class WaitingList(BaseModel):
    """Offers that wait in the teams that one leads and the departments that one heads."""

    items: list[WaitingView]


@routes.get("/recoveries/waiting", responses={401: PROBLEMS[401]})
async def list_waiting(desk: DeskOfRequest, who: Staff) -> WaitingList:
    """List the offers that wait for the caller or for whoever stands above, oldest first."""
    program = await program_of(desk.programs, who)
    found = await read_waiting(desk.recoveries, who.tenant, actor_of(who), program)
    return WaitingList(
        items=[
            WaitingView(recovery=recovery_view_of(one.recovery), followup=view_of(one.followup))
            for one in found
        ]
    )


@routes.get("/followups/{followup_id}/recoveries", responses=PROBLEMS)
async def list_recoveries(followup_id: UUID, desk: DeskOfRequest, who: Staff) -> RecoveryList:
    """Return what a follow-up's customer was offered, and what its owner may still give alone."""
    program, now = await program_of(desk.programs, who), desk.clock.now()
    with problems():
        found = await read_recovered(desk.recoveries, who.tenant, followup_id, program, now)
    return _list_of(found, program)


@routes.post(
    "/followups/{followup_id}/recoveries",
    response_model=RecoveryMade,
    status_code=HTTPStatus.CREATED,
    responses=PATCH_PROBLEMS,
)
async def offer_recovery(
    followup_id: UUID,
    asked: NewRecovery,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Give the customer something, or ask for the approval that it takes."""
    request = RecoveryRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=expected_version(if_match),
        asked=asked.wish(),
        person=person_of(who),
        key=idempotency_key,
    )
    return await _answered(desk, who, request, HTTPStatus.CREATED)


@routes.post(
    "/followups/{followup_id}/recoveries/{recovery_id}/decision",
    response_model=RecoveryMade,
    responses=PATCH_PROBLEMS,
)
async def decide_recovery(
    followup_id: UUID,
    recovery_id: UUID,
    asked: RecoveryVerdict,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Approve or refuse an offer; nobody decides on their own."""
    request = RecoveryRequest(
        tenant=who.tenant,
        followup_id=followup_id,
        expected_version=expected_version(if_match),
        asked=asked.verdict(),
        person=person_of(who),
        recovery_id=recovery_id,
        key=idempotency_key,
    )
    return await _answered(desk, who, request, HTTPStatus.OK)


def person_of(who: Principal) -> Person:
    """Return the principal as the one who gives or decides."""
    return Person(actor=actor_of(who), name=who.name)


async def changed(
    desk: Desk, who: Principal, request: RecoveryRequest, status: HTTPStatus
) -> Answer:
    """Do what is asked and return the answer; raises RoutingError."""
    program = await program_of(desk.programs, who)

    def answer_of(made: Made) -> Answer:
        followup = made.changed.followup
        body = RecoveryMade(recovery=recovery_view_of(made.recovery), followup=view_of(followup))
        return Answer(status=status, body=body.model_dump_json(), etag=etag(followup.version))

    return await change_recovery(
        desk.recoveries, request, program=program, now=desk.clock.now(), answer_of=answer_of
    )


async def _answered(
    desk: Desk, who: Principal, request: RecoveryRequest, status: HTTPStatus
) -> Response:
    with problems():
        answer = await changed(desk, who, request, status)
    return response_of(answer)


def recovery_view_of(recovery: Recovery) -> RecoveryView:
    """Return a recovery as the API shows it."""
    decisions = [one for one in (recovery.first, recovery.settled) if one]
    return RecoveryView(
        recovery_id=recovery.recovery_id,
        followup_id=recovery.followup_id,
        kind=recovery.kind,
        amount=recovery.amount_written,
        currency=recovery.currency,
        decision=recovery.decision,
        given_alone=recovery.given_alone,
        decisions=[DecisionView.model_validate(one, from_attributes=True) for one in decisions],
    )


def _list_of(found: Recovered, program: Program) -> RecoveryList:
    policy = program.recovery
    return RecoveryList(
        items=[recovery_view_of(one) for one in found.recoveries],
        currency=policy.currency if policy else None,
        given=written(found.given.followup, policy.currency) if policy else None,
        left_alone=written(left_alone(found.given, policy), policy.currency) if policy else None,
    )
