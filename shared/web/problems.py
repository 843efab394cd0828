"""Answers to requests that can't be met: RFC 9457 problem details, or a page for a browser.

Raise a Problem anywhere below a route; `install` turns it, and everything that FastAPI and
Starlette refuse by themselves, into one form.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from shared.errors import ClosedLoopError, TransientError
from shared.postgres.pool import TRANSIENT_ERRORS
from shared.web.headers import HEADERS
from shared.web.methods import allowed_methods

_log = logging.getLogger(__name__)
_UNAVAILABLE_FOR_S = 2


class Problem(ClosedLoopError):  # noqa: N818  (the name of the standard)
    """A request that can't be met, and why.

    `slug` names the kind of problem for programs (it ends the type URI), `title` for people,
    and is the same each time; `detail` is about this request, `field` the place in it that is
    at fault, in dotted form. `members` are further members of the problem details.
    """

    status = HTTPStatus.BAD_REQUEST
    slug = "bad-request"
    title = "The request can't be read"
    field = ""

    def __init__(  # noqa: PLR0913  (each argument is a member of RFC 9457's object)
        self,
        detail: str,
        *,
        status: int | None = None,
        slug: str = "",
        title: str = "",
        field: str = "",
        remedy: str = "",
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, remedy=remedy)
        self.status = HTTPStatus(status or type(self).status)
        self.slug = slug or type(self).slug
        self.title = title or type(self).title
        self.field = field or type(self).field
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def details(self) -> dict[str, Any]:
        """Return the object of RFC 9457, section 3, with `field` and `remedy` where known."""
        told = {"field": self.field, "remedy": self.remedy}
        return {
            "type": f"urn:closedloop:problem:{self.slug}",
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            **{name: text for name, text in told.items() if text},
            **self.members,
        }


class SignInNeededProblem(Problem):
    """Nobody is signed in, or no longer. A browser is sent to the sign-in page."""

    status = HTTPStatus.UNAUTHORIZED
    slug = "sign-in-needed"
    title = "Nobody is signed in"


class ForbiddenProblem(Problem):
    """Who asks is known and may not."""

    status = HTTPStatus.FORBIDDEN
    slug = "forbidden"
    title = "Your role does not allow this"


class NotFoundProblem(Problem):
    """There is no such thing, or it belongs to another tenant: the two look the same."""

    status = HTTPStatus.NOT_FOUND
    slug = "not-found"
    title = "There is no such thing"


class ConflictProblem(Problem):
    """The thing is in a state that does not allow the request."""

    status = HTTPStatus.CONFLICT
    slug = "conflict"
    title = "The present state does not allow this"


class ForbiddenTransitionProblem(ConflictProblem):
    """The thing's state leads elsewhere; the member `allowed` lists where."""

    slug = "forbidden-transition"


class StaleVersionProblem(Problem):
    """The thing was changed since the version that is named; its ETag is the present one."""

    status = HTTPStatus.PRECONDITION_FAILED
    slug = "stale-version"
    title = "It was changed meanwhile"


class TooLargeProblem(Problem):
    """The request, or something in it, is above its limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"
    title = "The request is too large"


class InvalidProblem(Problem):
    """The request can be read, and something in it is wrong or missing."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "invalid"
    title = "Something in the request is wrong or missing"


class ReusedKeyProblem(InvalidProblem):
    """An idempotency key came again with another request."""

    slug = "key-reused"
    title = "The idempotency key belongs to another request"
    field = "Idempotency-Key"


def install(app: FastAPI, pages: Jinja2Templates | None = None) -> None:
    """Make `app` answer every failure with problem details; browsers get a page from `pages`."""

    async def answer(request: Request, error: Exception) -> Response:
        response = _respond(request, _problem_of(request, error), pages)
        # An unforeseen error is answered outside the middleware that does this elsewhere.
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    ours: tuple[type[Exception], ...] = (Problem, TransientError, *TRANSIENT_ERRORS)
    for kind in (*ours, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks, which names text/html; programs send */* or JSON."""
    return "text/html" in request.headers.get("accept", "")


def problem_json(problem: Problem) -> Response:
    """Return `problem` as application/problem+json."""
    # Escaped as ASCII: what is quoted from a request may hold a lone surrogate.
    return Response(
        json.dumps(problem.details()),
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def _respond(request: Request, problem: Problem, pages: Jinja2Templates | None) -> Response:
    if isinstance(problem, SignInNeededProblem) and wants_page(request):
        return _to_sign_in(request)
    if pages and wants_page(request):
        return pages.TemplateResponse(
            request,
            "problem.html",
            {"problem": problem},
            status_code=problem.status,
            headers=problem.headers,
        )
    return problem_json(problem)


def _to_sign_in(request: Request) -> Response:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    place = f"/signin?next={quote(target, safe='')}"
    if "hx-request" in request.headers:  # a redirect would put the sign-in page into this one
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": place})
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def _problem_of(request: Request, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _of_validation(request, error.errors())
        case HTTPException():
            return _of_http(request, error)
        case TransientError():
            return _unavailable(error)
        case _ if isinstance(error, TRANSIENT_ERRORS):
            return _unavailable(error)
        case _:
            return Problem(
                "This is our fault, not yours. Nothing of the request was kept.",
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                slug="internal-error",
                title="Something broke on our side",
                remedy="Try again; the log has what happened.",
            )


def _unavailable(error: Exception) -> Problem:
    _log.warning("a server is away: %s", error, exc_info=error)
    return Problem(
        "A server that we need does not answer. Nothing of the request was kept.",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        slug="unavailable",
        title="Not available right now",
        remedy=f"Try again in {_UNAVAILABLE_FOR_S} seconds.",
        headers={"Retry-After": str(_UNAVAILABLE_FOR_S)},
    )


def _of_validation(request: Request, found: Sequence[Mapping[str, Any]]) -> Problem:
    if any(one["loc"][0] == "path" for one in found):
        return NotFoundProblem(f"There is nothing at {request.url.path}.")
    errors = [{"field": _dotted(one["loc"]), "detail": _sentence(one["msg"])} for one in found]
    first = errors[0]
    return InvalidProblem(
        f"{first['field']}: {first['detail']}" if first["field"] else first["detail"],
        field=first["field"],
        members={"errors": errors},
    )


def _dotted(place: Sequence[str | int]) -> str:
    """Name the place without its first step, which says body, query, path or header.

    Below a parameter's name stand places in a list and the kinds that it may be of: nobody has
    written the kinds.
    """
    steps = place[1:]
    if place[:1] != ("body",):
        steps = [*steps[:1], *(step for step in steps[1:] if isinstance(step, int))]
    return ".".join(map(str, steps))


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def _of_http(request: Request, error: HTTPException) -> Problem:
    status, headers = HTTPStatus(error.status_code), error.headers
    match status:
        case HTTPStatus.NOT_FOUND:
            return NotFoundProblem(f"There is nothing at {request.url.path}.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": allowed_methods(request)}
            detail = f"{request.method} does not work here; {headers['Allow']} does."
        case _:
            detail = str(error.detail)
    return Problem(
        detail,
        status=status,
        slug=status.phrase.lower().replace(" ", "-"),
        title=status.phrase,
        headers=headers,
    )
