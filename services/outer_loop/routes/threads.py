"""/outer-loop/v1/issues/{id}/thread and /thread: from what was said to what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import TypeAdapter

from services.outer_loop.adapters.reads import IssueFilter
from services.outer_loop.adapters.threads import Position
from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.communication import Basis
from services.outer_loop.domain.thread import Found, Step, Thread
from services.outer_loop.routes.deps import BoardAtHand, Reader
from services.outer_loop.routes.schemas import Answer
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.problems import InvalidProblem, NotFoundProblem

routes = APIRouter(prefix="/outer-loop/v1", tags=["threads"])

ROWS_SHOWN = 200
POSITION: TypeAdapter[Position] = TypeAdapter(tuple[datetime, UUID])


class FunnelOut(Answer):
    """Distinct customers at each step; `told` is `later` and `silent` together."""

    heard: int
    answered: int
    fixed: int
    told: int
    on_the_way: int
    not_reachable: int
    later: int
    later_promoters: int
    later_passives: int
    later_detractors: int
    silent: int


class ThreadOut(Answer):
    """A follow-up of an issue: what was said, why, the change, what was told, what came later."""

    issue_id: UUID
    touchpoint: str
    what: str
    why: str | None
    basis: Literal["confirmed", "suggested"]
    customer_id: str
    feedback_id: UUID | None
    followup_id: UUID
    occurred_at: datetime
    state: str | None
    answered_at: datetime | None
    plan_id: UUID | None
    plan_state: str | None
    implemented_at: datetime | None
    communication_id: UUID | None
    outcome: Literal["told", "not_reachable", "on_the_way"] | None
    settled_at: datetime | None
    why_not: str | None
    later_feedback_id: UUID | None
    later_at: datetime | None
    later_category: str | None


class FollowUpLine(Answer):
    """A follow-up as far as the outer loop knows it."""

    followup_id: UUID
    feedback_id: UUID
    customer_id: str
    touchpoint: str
    occurred_at: datetime
    state: str
    answered_at: datetime | None


class IssueThread(Answer):
    """The funnel of an issue, confirmed and suggested causes apart, and rows behind one number."""

    confirmed: FunnelOut
    suggested: FunnelOut
    step: Step
    basis: Literal["confirmed", "suggested"] | None
    rows: list[ThreadOut]
    next_cursor: str | None
    data_until: datetime


class ThreadList(Answer):
    """What a follow-up or feedback event belongs to.

    `onward` are the threads that begin with it, `behind` those whose later score it is.
    """

    followups: list[FollowUpLine]
    onward: list[ThreadOut]
    behind: list[ThreadOut]


@routes.get("/issues/{issue_id}/thread")
async def show_issue_thread(
    board: BoardAtHand,
    reader: Reader,
    issue_id: UUID,
    step: Step = "heard",
    basis: Basis | None = None,
    cursor: str | None = None,
) -> IssueThread:
    """Count the issue's customers at each step, and give the follow-ups behind one of them."""
    after = decode_cursor(cursor, POSITION) if cursor else None
    until = await data_until_of(board, reader.tenant, issue_id)
    funnel = await board.threads.funnel(reader.tenant, issue_id)
    rows = await board.threads.rows(
        reader.tenant, issue_id, step, basis, limit=ROWS_SHOWN + 1, after=after
    )
    shown = rows[:ROWS_SHOWN]
    return IssueThread(
        confirmed=FunnelOut.model_validate(funnel["confirmed"]),
        suggested=FunnelOut.model_validate(funnel["suggested"]),
        step=step,
        basis=basis,
        rows=[ThreadOut.model_validate(row) for row in shown],
        next_cursor=cursor_behind(shown[-1]) if len(rows) > len(shown) else None,
        data_until=until,
    )


@routes.get("/thread", responses={404: {"description": "Nothing is known of it"}})
async def show_thread(
    board: BoardAtHand,
    reader: Reader,
    followup: Annotated[UUID | None, Query()] = None,
    feedback: Annotated[UUID | None, Query()] = None,
) -> ThreadList:
    """Walk from a follow-up or feedback to what became of it, or back from a later score."""
    found = await found_of(board, reader.tenant, followup, feedback)
    return ThreadList(
        followups=[FollowUpLine.model_validate(one) for one in found.followups],
        onward=[ThreadOut.model_validate(one) for one in found.onward],
        behind=[ThreadOut.model_validate(one) for one in found.behind],
    )


def cursor_behind(last: Thread) -> str:
    """Return where the next page begins: behind the last row of this one."""
    return encode_cursor((last.occurred_at.isoformat(), last.followup_id))


async def found_of(
    board: Board, tenant: str, followup: UUID | None, feedback: UUID | None
) -> Found:
    """Return what one of the two belongs to; raises a problem for none, both or an unknown one."""
    if (followup is None) == (feedback is None):
        raise InvalidProblem(
            "Name a follow-up or a feedback event, one of them.",
            field="followup",
            remedy="Ask with followup=… or with feedback=….",
        )
    found = await board.threads.of(tenant, followup_id=followup, feedback_id=feedback)
    if not (found.followups or found.onward or found.behind):
        raise NotFoundProblem(f"Nothing is known of {followup or feedback}.")
    return found


async def data_until_of(board: Board, tenant: str, issue_id: UUID) -> datetime:
    """Return how far the data goes; raises NotFoundProblem without such an issue."""
    async with board.reads.of(tenant) as reads:
        until = await reads.data_until(board.clock.now())
        if not await reads.issues(IssueFilter(issue_id=issue_id), until):
            raise NotFoundProblem(f"There is no issue {issue_id}.")
    return until
