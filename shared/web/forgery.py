"""The token in our pages' forms, which a foreign page can't read: against forged requests."""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus

from starlette.requests import Request

from shared.web.problems import Problem

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def form_token(session: str, secret: str) -> str:
    """Return the token that belongs to a session's cookie, and to no other."""
    return hmac.new(secret.encode(), b"csrf:" + session.encode(), hashlib.sha256).hexdigest()


async def refuse_forgery(request: Request, session: str, secret: str) -> None:
    """Raise Problem when the request carries no token of this session, in header or form."""
    given = request.headers.get(HEADER) or await _field(request)
    if not hmac.compare_digest(given.encode(), form_token(session, secret).encode()):
        raise Problem(
            "The request does not come from a page of ours, or the page is from an earlier"
            " sign-in. Nothing was changed.",
            status=HTTPStatus.FORBIDDEN,
            slug="forged",
            title="This form can't be trusted",
            remedy="Open the page again and repeat it there.",
        )


async def _field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    value = (await request.form(max_files=0)).get(FIELD)
    return value if isinstance(value, str) else ""
