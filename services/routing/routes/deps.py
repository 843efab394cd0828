"""What routes are given, and how the service's refusals become problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.followup import StaleVersionError
from services.routing.domain.ports import Answer
from services.routing.domain.transitions import Actor
from services.routing.errors import (
    ForbiddenTransitionError,
    IncompleteError,
    NoContactError,
    NotMergeableError,
    NotYoursError,
    OvertakenError,
    RecoveryError,
    ReusedKeyError,
    RoutingError,
    TooFewAttemptsError,
    UnknownError,
)
from services.routing.routes.schemas import view_of
from shared.web.auth import Principal, signed_in
from shared.web.preconditions import etag
from shared.web.problems import (
    ConflictProblem,
    ForbiddenProblem,
    ForbiddenTransitionProblem,
    InvalidProblem,
    NotFoundProblem,
    Problem,
    ReusedKeyProblem,
    StaleVersionProblem,
)

#: Everybody of the tenant may read; the domain decides who changes what.
Staff = Annotated[Principal, Depends(signed_in(scope="followups"))]


def desk_of(request: Request) -> Desk:
    """Return what the app's lifespan has opened."""
    desk: Desk = request.app.state.desk
    return desk


DeskOfRequest = Annotated[Desk, Depends(desk_of)]


def actor_of(who: Principal) -> Actor:
    """Return the principal as the domain knows people."""
    return Actor(subject=who.subject, roles=who.roles)


def response_of(answer: Answer) -> Response:
    """Return the response that an answer was, or was before under its idempotency key."""
    replayed = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(
        answer.body,
        status_code=answer.status,
        media_type="application/json",
        headers={"ETag": answer.etag, **replayed},
    )


@contextmanager
def problems() -> Iterator[None]:
    """Turn what the service refuses into problem details."""
    try:
        yield
    except RoutingError as error:
        raise _problem_of(error) from error


def _problem_of(error: RoutingError) -> Problem:  # noqa: C901, PLR0911  (a case for each refusal)
    match error:
        case UnknownError():
            return NotFoundProblem(error.detail)
        case StaleVersionError():
            return _stale(error)
        case NotYoursError():
            return ForbiddenProblem(error.detail, remedy=error.remedy)
        case ForbiddenTransitionError():
            return ForbiddenTransitionProblem(
                error.detail,
                field="state",
                remedy=error.remedy,
                members={"allowed": [state.value for state in error.allowed]},
            )
        case OvertakenError():
            return ConflictProblem(error.detail, remedy=error.remedy)
        case NoContactError() | TooFewAttemptsError() | NotMergeableError() | RecoveryError():
            return ConflictProblem(error.detail, field="state", remedy=error.remedy)
        case IncompleteError():
            faults = [{"field": field, "detail": text} for field, text in error.faults.items()]
            return InvalidProblem(
                error.detail, field=faults[0]["field"], members={"errors": faults}
            )
        case ReusedKeyError():
            return ReusedKeyProblem(error.detail, remedy=error.remedy)
        case _:
            raise AssertionError(f"no problem for {type(error).__name__}") from error


def _stale(error: StaleVersionError) -> Problem:
    return StaleVersionProblem(
        error.detail,
        remedy=error.remedy,
        members={"current": view_of(error.current).model_dump(mode="json")},
        headers={"ETag": etag(error.current.version)},
    )
