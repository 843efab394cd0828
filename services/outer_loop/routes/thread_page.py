"""/board/issues/{id}/thread and /board/thread: walking from what was said to what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.outer_loop.adapters.reads import IssueFilter
from services.outer_loop.domain.communication import Basis
from services.outer_loop.domain.thread import Step
from services.outer_loop.routes.deps import BoardAtHand, Reader
from services.outer_loop.routes.names import Names
from services.outer_loop.routes.pages import render
from services.outer_loop.routes.telling_page import WHY_NOT
from services.outer_loop.routes.threads import POSITION, cursor_behind, data_until_of, found_of
from shared.web.pagination import decode_cursor
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

ROWS_ON_A_PAGE = 50
#: The steps as they stand on the page, and what each counts.
STEPS: Sequence[tuple[Step, str, str]] = (
    ("heard", "Heard", "said it, and a case was opened"),
    ("answered", "Answered", "somebody reached them or wrote to them"),
    ("fixed", "Fixed", "a change was made after they said it"),
    ("told", "Told", "they were told what changed because of them"),
    ("on_the_way", "On its way", "being told now"),
    ("not_reachable", "Not reachable", "nobody may or can write to them"),
    ("later", "Said something since", "the later score at the same touchpoint"),
    ("silent", "Said nothing since", "told, and not heard of since: nobody's happiness"),
)
#: Drawn as bars; the others are parts of these.
MAIN_STEPS = frozenset({"heard", "answered", "fixed", "told"})
LATER: Mapping[str, str] = {
    "promoter": "happy",
    "passive": "neutral",
    "detractor": "unhappy",
    "unrated": "without a rating",
}


@routes.get("/board/issues/{issue_id}/thread")
async def show_issue_thread(
    request: Request,
    board: BoardAtHand,
    reader: Reader,
    issue_id: UUID,
    step: Step = "heard",
    basis: Basis | None = None,
    cursor: str | None = None,
) -> Response:
    """Show how many customers came how far, and who they are."""
    after = decode_cursor(cursor, POSITION) if cursor else None
    program = await program_of(board.programs, reader)
    until = await data_until_of(board, reader.tenant, issue_id)
    async with board.reads.of(reader.tenant) as reads:
        [issue] = await reads.issues(IssueFilter(issue_id=issue_id), until)
    rows = await board.threads.rows(
        reader.tenant, issue_id, step, basis, limit=ROWS_ON_A_PAGE + 1, after=after
    )
    shown = rows[:ROWS_ON_A_PAGE]
    context = {
        "names": Names(program),
        "program": program,
        "issue": issue,
        "until": until,
        "funnel": await board.threads.funnel(reader.tenant, issue_id),
        "steps": STEPS,
        "main_steps": MAIN_STEPS,
        "step": step,
        "basis": basis,
        "rows": shown,
        "next_cursor": cursor_behind(shown[-1]) if len(rows) > len(shown) else None,
        "is_first_page": after is None,
        "later": LATER,
        "why_not": WHY_NOT,
    }
    return render(request, "issue_thread.html", context)


@routes.get("/board/thread")
async def show_thread(
    request: Request,
    board: BoardAtHand,
    reader: Reader,
    followup: Annotated[UUID | None, Query()] = None,
    feedback: Annotated[UUID | None, Query()] = None,
) -> Response:
    """Show what became of one follow-up or feedback event, step by step."""
    program = await program_of(board.programs, reader)
    found = await found_of(board, reader.tenant, followup, feedback)
    context = {
        "names": Names(program),
        "program": program,
        "found": found,
        "later": LATER,
        "why_not": WHY_NOT,
    }
    return render(request, "thread.html", context)
