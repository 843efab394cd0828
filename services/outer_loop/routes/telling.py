"""/outer-loop/v1/plans/{id}/communications and /communications: telling customers what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.communication import Audience, LoopCommunication, audience
from services.outer_loop.domain.ports import Answer
from services.outer_loop.domain.telling_ports import Result, TellingWork
from services.outer_loop.errors import NotFoundError, StaleVersionError
from services.outer_loop.handlers.once import answer_once
from services.outer_loop.handlers.telling import (
    Words,
    approve_communication,
    changed_at,
    revise_communication,
    write_communication,
)
from services.outer_loop.routes.deps import (
    BoardAtHand,
    IdempotencyKey,
    Reader,
    as_problems,
    once_of,
    problem_of,
)
from services.outer_loop.routes.plans import IfMatch
from services.outer_loop.routes.telling_schemas import (
    CommunicationIn,
    CommunicationOut,
    TellingOut,
)
from shared.web.auth import Principal, Role, signed_in
from shared.web.preconditions import etag, expected_version
from shared.web.problems import NotFoundProblem

routes = APIRouter(prefix="/outer-loop/v1", tags=["telling"])

#: Who may write to customers about a change.
TELLERS: tuple[Role, ...] = ("department_head", "cx_admin")
Teller = Annotated[Principal, Depends(signed_in(*TELLERS, scope="outer-loop"))]

_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "It is sent, another draft waits, or there is nothing to tell yet"}
}
_STALE: dict[int | str, dict[str, Any]] = {
    **_CONFLICT,
    412: {"description": "Changed meanwhile; `current` is how it stands"},
    428: {"description": "If-Match is missing"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Whom a plan's change concerns, what was written, and what became of that."""

    audience: Audience
    communications: Sequence[LoopCommunication]
    results: Mapping[UUID, Result]


@routes.get("/plans/{plan_id}/communications")
async def show_telling(board: BoardAtHand, reader: Reader, plan_id: UUID) -> TellingOut:
    """Count whom the plan's change concerns, and give what was written to them."""
    found = await telling_of(board, reader.tenant, plan_id)
    return TellingOut.of(found.audience, found.communications, found.results)


@routes.post(
    "/plans/{plan_id}/communications",
    status_code=HTTPStatus.CREATED,
    response_model=CommunicationOut,
    responses=_CONFLICT,
)
async def write(
    request: Request,
    board: BoardAtHand,
    teller: Teller,
    plan_id: UUID,
    given: CommunicationIn,
    key: IdempotencyKey = None,
) -> Response:
    """Write what customers are told. Nothing goes out before it is approved."""
    communication_id = uuid4()

    async def act(work: TellingWork) -> Answer:
        made = await write_communication(
            work,
            plan_id,
            words_of(teller, given),
            communication_id=communication_id,
            clock=board.clock,
        )
        return _answer(made, HTTPStatus.CREATED)

    with as_problems():
        once = await once_of(request, teller, key)
        return _response(await answer_once(board.tellings, teller.tenant, once, act))


@routes.get("/communications/{communication_id}", response_model=CommunicationOut)
async def show(board: BoardAtHand, reader: Reader, communication_id: UUID) -> Response:
    """Give the communication; its ETag is what a change names as If-Match."""
    return _response(_answer(await _current(board, reader, communication_id)))


@routes.patch(
    "/communications/{communication_id}", response_model=CommunicationOut, responses=_STALE
)
async def revise(
    request: Request,
    board: BoardAtHand,
    teller: Teller,
    communication_id: UUID,
    given: CommunicationIn,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Write a draft anew: its words, and how far it goes."""
    version = expected_version(if_match)

    async def act(work: TellingWork) -> Answer:
        words = words_of(teller, given)
        return _answer(
            await revise_communication(work, communication_id, version, words, clock=board.clock)
        )

    with as_problems():
        once = await once_of(request, teller, key)
        try:
            return _response(await answer_once(board.tellings, teller.tenant, once, act))
        except StaleVersionError as error:
            raise await _stale(error, board, teller, communication_id) from error


@routes.post(
    "/communications/{communication_id}/approval",
    response_model=CommunicationOut,
    responses=_STALE,
)
async def approve(
    request: Request,
    board: BoardAtHand,
    teller: Teller,
    communication_id: UUID,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Send the draft, once to each customer who may be told and was not yet."""
    version = expected_version(if_match)

    async def act(work: TellingWork) -> Answer:
        return _answer(
            await approve_communication(
                work, communication_id, version, actor=teller.subject, clock=board.clock
            )
        )

    with as_problems():
        once = await once_of(request, teller, key)
        try:
            return _response(await answer_once(board.tellings, teller.tenant, once, act))
        except StaleVersionError as error:
            raise await _stale(error, board, teller, communication_id) from error


async def telling_of(board: Board, tenant: str, plan_id: UUID) -> Telling:
    """Return all that there is about telling of a plan; raises NotFoundProblem without it."""
    communications, results = await board.tellings.of_plan(tenant, plan_id)
    async with board.tellings.transaction(tenant) as work:
        plan = await work.plan(plan_id)
        if plan is None:
            raise NotFoundProblem(f"There is no plan {plan_id}.")
        candidates = await work.candidates(plan.issue_id, await changed_at(work, plan))
    draft = next((one for one in communications if not one.is_sent), None)
    return Telling(
        audience=audience(candidates, with_suggested=draft is None or draft.with_suggested),
        communications=communications,
        results=results,
    )


def words_of(teller: Principal, given: CommunicationIn) -> Words:
    """Return what somebody writes for customers."""
    return Words(actor=teller.subject, texts=given.texts, with_suggested=given.with_suggested)


async def _current(board: Board, who: Principal, communication_id: UUID) -> LoopCommunication:
    found = await board.tellings.communication(who.tenant, communication_id)
    if found is None:
        raise problem_of(NotFoundError(f"There is no communication {communication_id}."))
    return found


async def _stale(
    error: StaleVersionError, board: Board, teller: Principal, communication_id: UUID
) -> Exception:
    present = await _current(board, teller, communication_id)
    problem = problem_of(error)
    problem.members["current"] = CommunicationOut.of(present).model_dump(mode="json")
    problem.headers["ETag"] = etag(present.version)
    return problem


def _answer(one: LoopCommunication, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(
        status=status,
        body=CommunicationOut.of(one).model_dump_json().encode(),
        etag=etag(one.version),
        location=f"/outer-loop/v1/communications/{one.communication_id}",
    )


def _response(answer: Answer) -> Response:
    headers = {"ETag": answer.etag or ""}
    if answer.status == HTTPStatus.CREATED:
        headers["Location"] = answer.location or ""
    return Response(
        answer.body, status_code=answer.status, headers=headers, media_type="application/json"
    )
