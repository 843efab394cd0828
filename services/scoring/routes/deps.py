"""What routes are given, and how the service's refusals become problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from services.scoring.bootstrap import Reading
from services.scoring.errors import (
    ReusedKeyError,
    ScoringError,
    StaleReviewError,
    UnknownFeedbackError,
)
from shared.web.auth import Principal, signed_in
from shared.web.preconditions import etag
from shared.web.problems import (
    NotFoundProblem,
    Problem,
    ReusedKeyProblem,
    StaleVersionProblem,
)

#: Everybody of the tenant may read what customers said, as in the inbox.
Reader = Annotated[Principal, Depends(signed_in(scope="scoring"))]
#: Who says what is right where words and rating contradict each other.
Reviewer = Annotated[Principal, Depends(signed_in("team_lead", "cx_admin", scope="scoring"))]


def reading(request: Request) -> Reading:
    """Give what the app has open."""
    opened: Reading = request.app.state.reading
    return opened


Opened = Annotated[Reading, Depends(reading)]


@contextmanager
def problems(*besides: type[ScoringError]) -> Iterator[None]:
    """Turn what the service refuses into problem details, `besides` what the route handles."""
    try:
        yield
    except besides:
        raise
    except ScoringError as error:
        raise _problem_of(error) from error


def _problem_of(error: ScoringError) -> Problem:
    match error:
        case UnknownFeedbackError():
            return NotFoundProblem(error.detail, remedy=error.remedy)
        case StaleReviewError():
            return StaleVersionProblem(
                error.detail, remedy=error.remedy, headers={"ETag": etag(error.version)}
            )
        case ReusedKeyError():
            return ReusedKeyProblem(error.detail, remedy=error.remedy)
        case _:
            raise AssertionError(f"no problem for {type(error).__name__}") from error
