"""/board/plans/{id}/telling: write what changed for customers, look at it, send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.outer_loop.adapters.reads import IssueFilter
from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.communication import (
    MOST_RECIPIENTS,
    TELLABLE,
    LoopCommunication,
)
from services.outer_loop.errors import InvalidPlanError, OuterLoopError
from services.outer_loop.handlers.telling import (
    Words,
    approve_communication,
    revise_communication,
    write_communication,
)
from services.outer_loop.routes.deps import BoardAtHand, Reader, problem_of
from services.outer_loop.routes.names import Names
from services.outer_loop.routes.pages import render
from services.outer_loop.routes.plans import current_plan
from services.outer_loop.routes.telling import TELLERS, Teller, Telling, telling_of
from shared.contracts.communications import CUSTOMER_LANGUAGES, LONGEST_CHANGE_TEXT
from shared.web.auth import Principal
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

#: Why customers could not be told, in words.
WHY_NOT: Mapping[str, str] = {
    "no_address": "no usable mail address",
    "declined": "want no contact",
    "erased": "had their data erased",
    "no_sender": "the program names no sender",
    "told_lately": "were told of another change this week",
    "refused": "the mail server refused the address",
}
_TEXT = "text_"
Version = Annotated[int, Form(ge=0, lt=2**31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftForm:
    """What somebody has typed so far, and what is wrong with it by field."""

    texts: Mapping[str, str] = field(default_factory=dict)
    with_suggested: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, draft: LoopCommunication | None) -> DraftForm:
        """Return the form of a draft, an empty one without."""
        if draft is None:
            return cls()
        return cls(texts=draft.texts, with_suggested=draft.with_suggested)


@routes.get("/board/plans/{plan_id}/telling")
async def show_telling(
    request: Request, board: BoardAtHand, reader: Reader, plan_id: UUID
) -> Response:
    """Show whom the change concerns, what is written, and what became of it."""
    return await _page(request, board, reader, plan_id)


@routes.post("/board/plans/{plan_id}/telling")
async def keep_draft(
    request: Request, board: BoardAtHand, teller: Teller, plan_id: UUID, version: Version = 0
) -> Response:
    """Keep what was typed as the draft, and show it as customers will read it."""
    typed = await request.form()
    form = DraftForm(
        texts={one: _text(typed.get(f"{_TEXT}{one}", "")) for one in CUSTOMER_LANGUAGES},
        with_suggested="with_suggested" in typed,
    )
    words = Words(actor=teller.subject, texts=form.texts, with_suggested=form.with_suggested)
    try:
        await _keep(board, teller, plan_id, version, words)
    except InvalidPlanError as error:
        wrong = {error.field: f"{error.detail} {error.remedy}"}
        again = DraftForm(texts=form.texts, with_suggested=form.with_suggested, errors=wrong)
        return await _page(request, board, teller, plan_id, form=again, refusal=error)
    except OuterLoopError as error:
        return await _page(request, board, teller, plan_id, form=form, refusal=error)
    return _onward(plan_id, "telling_kept")


@routes.post("/board/plans/{plan_id}/telling/send")
async def send(
    request: Request,
    board: BoardAtHand,
    teller: Teller,
    plan_id: UUID,
    communication: Annotated[UUID, Form()],
    version: Annotated[int, Form(ge=1, lt=2**31)],
) -> Response:
    """Send the draft that was looked at."""
    try:
        async with board.tellings.transaction(teller.tenant) as work:
            await approve_communication(
                work, communication, version, actor=teller.subject, clock=board.clock
            )
    except OuterLoopError as error:
        return await _page(request, board, teller, plan_id, refusal=error)
    return _onward(plan_id, "telling_sent")


async def _keep(board: Board, teller: Principal, plan_id: UUID, version: int, words: Words) -> None:
    async with board.tellings.transaction(teller.tenant) as work:
        draft = await work.draft_of(plan_id)
        if draft is None or not version:
            await write_communication(
                work, plan_id, words, communication_id=uuid4(), clock=board.clock
            )
        else:
            await revise_communication(
                work, draft.communication_id, version, words, clock=board.clock
            )


def _onward(plan_id: UUID, notice: str) -> Response:
    place = f"/board/plans/{plan_id}/telling?notice={notice}"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def _text(value: object) -> str:
    return str(value).replace("\r\n", "\n")


async def _page(
    request: Request,
    board: Board,
    reader: Principal,
    plan_id: UUID,
    *,
    form: DraftForm | None = None,
    refusal: OuterLoopError | None = None,
) -> Response:
    program = await program_of(board.programs, reader)
    plan = await current_plan(board, reader, plan_id)
    found = await telling_of(board, reader.tenant, plan_id)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
        [issue] = await reads.issues(IssueFilter(issue_id=plan.issue_id), until)
    draft = next((one for one in found.communications if not one.is_sent), None)
    context = {
        "names": Names(program),
        "program": program,
        "plan": plan,
        "issue": issue,
        "audience": found.audience,
        "draft": draft,
        "form": form or DraftForm.of(draft),
        "receivers": _receivers(found, draft) if draft else 0,
        "sent": [one for one in found.communications if one.is_sent],
        "results": found.results,
        "languages": CUSTOMER_LANGUAGES,
        "longest": LONGEST_CHANGE_TEXT,
        "most": MOST_RECIPIENTS,
        "why_not": WHY_NOT,
        "is_tellable": plan.state in TELLABLE,
        "may_tell": reader.has(*TELLERS),
        "refusal": refusal,
    }
    status = problem_of(refusal).status if refusal else HTTPStatus.OK
    return render(request, "telling.html", context, status=status)


def _receivers(found: Telling, draft: LoopCommunication) -> int:
    """Return how many customers the draft would go to now."""
    suggested = found.audience.suggested.now if draft.with_suggested else 0
    return min(found.audience.confirmed.now + suggested, MOST_RECIPIENTS)
