"""What every route needs: the board, who asks, the program, and errors as problems."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Header
from starlette.requests import Request

from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.impact.design import InvalidDesignError
from services.outer_loop.domain.ports import Once
from services.outer_loop.errors import (
    InvalidPlanError,
    NotFoundError,
    NotYoursToDecideError,
    OuterLoopError,
    PlanError,
    ReusedKeyError,
    StaleVersionError,
)
from shared.program.document import Program
from shared.web.auth import Principal, Role, signed_in
from shared.web.problems import (
    ForbiddenProblem,
    ForbiddenTransitionProblem,
    InvalidProblem,
    NotFoundProblem,
    Problem,
    ReusedKeyProblem,
    StaleVersionProblem,
)

#: Who may propose plans and move them on. Deciding is for the head of a department alone.
PLANNERS: tuple[Role, ...] = ("contributor", "department_head", "cx_admin")

Reader = Annotated[Principal, Depends(signed_in(scope="outer-loop"))]
Planner = Annotated[Principal, Depends(signed_in(*PLANNERS, scope="outer-loop"))]
Head = Annotated[Principal, Depends(signed_in("department_head", scope="outer-loop"))]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key with the same request gets the first one's answer again.",
    ),
]


def board_of(request: Request) -> Board:
    """Return what the app was opened with."""
    board: Board = request.app.state.outer_loop
    return board


BoardAtHand = Annotated[Board, Depends(board_of)]


async def once_of(request: Request, principal: Principal, key: str | None) -> Once | None:
    """Return what makes the request the same when it comes again."""
    if key is None:
        return None
    named = f"{request.method} {request.url.path}\n".encode()
    digest = hashlib.sha256(named + await request.body()).digest()
    return Once(subject=principal.subject, key=key, request_sha256=digest)


def today(board: Board, program: Program) -> date:
    """Return the company's day."""
    return day_of(board.clock.now(), program)


def day_of(moment: datetime, program: Program) -> date:
    """Return the day of `moment` in the company's time zone."""
    return moment.astimezone(ZoneInfo(program.time_zone)).date()


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn what the outer loop refuses into an answer over HTTP."""
    try:
        yield
    except OuterLoopError as error:
        raise problem_of(error) from error


def problem_of(error: OuterLoopError) -> Problem:
    """Return the answer for `error`."""
    problem = _ANSWERS[type(error)](error.detail, remedy=error.remedy)
    match error:
        case InvalidPlanError():
            problem.field = error.field
        case PlanError():
            problem.members["allowed"] = error.allowed
        case NotYoursToDecideError():
            problem.title = "Somebody else decides this"
        case _:
            pass
    return problem


_ANSWERS: Mapping[type[OuterLoopError], type[Problem]] = {
    NotFoundError: NotFoundProblem,
    InvalidPlanError: InvalidProblem,
    InvalidDesignError: InvalidProblem,
    PlanError: ForbiddenTransitionProblem,
    NotYoursToDecideError: ForbiddenProblem,
    StaleVersionError: StaleVersionProblem,
    ReusedKeyError: ReusedKeyProblem,
}
