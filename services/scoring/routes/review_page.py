"""/scoring/review: the queue as pages, where a person decides what is right."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.scoring import reviewing
from services.scoring.bootstrap import Reading
from services.scoring.domain.review import Decision, Wish
from services.scoring.errors import StaleReviewError
from services.scoring.routes.deps import Opened, Reader, Reviewer, problems
from services.scoring.routes.pages import PAGES
from services.scoring.routes.reviews import POSITION, cursor_of
from shared.clock import SystemClock
from shared.contracts.events import Name, Text
from shared.web.auth import Principal
from shared.web.pagination import decode_cursor
from shared.web.programs import program_of

ADDRESS = "/scoring/review"
ROWS_ON_A_PAGE = 25

routes = APIRouter(prefix=ADDRESS, include_in_schema=False)

_DONE = {
    "words": "Kept: the words are right.",
    "rating": "Kept: the rating is right.",
    "both": "Kept: both are right.",
}


class DecisionForm(BaseModel):
    """What the form of one feedback sends."""

    version: int
    decision: Decision
    note: Text = ""
    key: Annotated[str, Name] = ""

    def wish(self, feedback_id: UUID, who: Principal) -> Wish:
        """Return what the form asks for."""
        return Wish(
            feedback_id=feedback_id,
            version=self.version,
            decision=self.decision,
            note=self.note.strip() or None,
            actor=who.subject,
            actor_name=who.name,
            key=self.key,
        )


@routes.get("")
async def show_queue(
    request: Request,
    opened: Opened,
    who: Reader,
    *,
    state: Literal["open", "decided"] = "open",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    done: str = "",
) -> Response:
    """Show what waits for a decision, the oldest first, or what was decided."""
    after = decode_cursor(cursor, POSITION) if cursor else None
    queue = await reviewing.read_queue(
        opened.pool, who.tenant, decided=state == "decided", after=after, limit=ROWS_ON_A_PAGE
    )
    context = {
        "queue": queue,
        "state": state,
        "next": _address(state=state, cursor=cursor_of(queue)) if queue.next else None,
        "is_first": cursor is None,
        "program": await program_of(opened.programs, who),
        "may_decide": _may_decide(who),
        "new_key": _new_key,
        "notice": _DONE.get(done, ""),
    }
    return PAGES.TemplateResponse(request, "review.html", context)


@routes.get("/{feedback_id}")
async def show_one(request: Request, feedback_id: UUID, opened: Opened, who: Reader) -> Response:
    """Show one feedback of the queue with every decision on it."""
    return await _page_of_one(request, opened, who, feedback_id)


@routes.post("/{feedback_id}")
async def decide(
    request: Request,
    feedback_id: UUID,
    opened: Opened,
    who: Reviewer,
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Keep a decision; refused, show the feedback again with what was typed."""
    wish = form.wish(feedback_id, who)
    try:
        with problems(StaleReviewError):
            await reviewing.decide(opened.pool, who.tenant, wish, SystemClock().now())
    except StaleReviewError as error:
        return await _page_of_one(request, opened, who, feedback_id, (form, error))
    return RedirectResponse(_address(done=form.decision), status_code=HTTPStatus.SEE_OTHER)


async def _page_of_one(
    request: Request,
    opened: Reading,
    who: Principal,
    feedback_id: UUID,
    refused: tuple[DecisionForm, StaleReviewError] | None = None,
) -> Response:
    with problems():
        item, decided = await reviewing.read_review(opened.pool, who.tenant, feedback_id)
    form, error = refused or (None, None)
    context: dict[str, Any] = {
        "item": item,
        "decided": decided,
        "program": await program_of(opened.programs, who),
        "may_decide": _may_decide(who),
        "new_key": _new_key,
        "error": error,
        "note": form.note if form else "",
    }
    status = HTTPStatus.PRECONDITION_FAILED if error else HTTPStatus.OK
    return PAGES.TemplateResponse(request, "review_one.html", context, status_code=status)


def _address(**asked: str | None) -> str:
    query = urlencode({name: text for name, text in asked.items() if text and text != "open"})
    return f"{ADDRESS}?{query}" if query else ADDRESS


def _may_decide(who: Principal) -> bool:
    return who.has("team_lead", "cx_admin")


def _new_key() -> str:
    """Return a key that makes a form that is sent twice one decision."""
    return secrets.token_urlsafe(12)
