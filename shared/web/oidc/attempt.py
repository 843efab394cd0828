"""One attempt to sign in, kept in a signed cookie while the person is at the provider."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from starlette.responses import Response

from shared.web.oidc.errors import SignInFailedProblem

COOKIE = "closedloop_sign_in_attempt"
#: Long enough to find a second factor, short enough that a stolen cookie is soon worth nothing.
LIFETIME = timedelta(minutes=10)

_PATH = "/signin/oidc"
_ALGORITHM = "HS256"
_AUDIENCE = "closedloop:sign-in-attempt"
_RANDOM_BYTES = 32
_LONGEST_TARGET = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What ties the provider's answer to this browser.

    `state` is the attempt's own id, `nonce` comes back in the ID token, `verifier` is PKCE's
    (RFC 7636), `target` the path to go to afterwards.
    """

    state: str
    nonce: str
    verifier: str
    target: str
    expires_at: datetime


def new_attempt(target: str, *, home: str) -> Attempt:
    """Return an attempt that nobody can guess; a target too long for a cookie is the home."""
    return Attempt(
        state=secrets.token_urlsafe(_RANDOM_BYTES),
        nonce=secrets.token_urlsafe(_RANDOM_BYTES),
        verifier=secrets.token_urlsafe(_RANDOM_BYTES),
        target=target if len(target) <= _LONGEST_TARGET else home,
        expires_at=datetime.now(UTC).replace(microsecond=0) + LIFETIME,
    )


def seal(attempt: Attempt, secret: str) -> str:
    """Return the cookie's value."""
    claims = asdict(attempt) | {"aud": _AUDIENCE, "exp": attempt.expires_at}
    del claims["expires_at"]
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def unseal(cookie: str, secret: str, *, state: str) -> Attempt:
    """Return the attempt that the provider's answer with `state` belongs to.

    Raises SignInFailedProblem when this browser did not begin it, or too long ago.
    """
    claims = _claims(cookie, secret)
    if not hmac.compare_digest(claims["state"].encode(), state.encode(errors="replace")):
        raise not_ours()
    return Attempt(
        state=claims["state"],
        nonce=claims["nonce"],
        verifier=claims["verifier"],
        target=claims["target"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def keep(response: Response, attempt: Attempt, secret: str, *, secure: bool) -> None:
    """Keep the attempt in the browser that receives `response`."""
    response.set_cookie(
        COOKIE,
        seal(attempt, secret),
        max_age=int(LIFETIME.total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def forget(response: Response, *, secure: bool) -> None:
    """Remove the attempt from the browser that receives `response`."""
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="lax", secure=secure)


def not_ours() -> SignInFailedProblem:
    """Say that the answer belongs to no attempt of this browser."""
    return SignInFailedProblem(
        "sign-in-not-begun",
        "This browser did not begin the sign-in that was just answered, or has finished it.",
    )


def _claims(cookie: str, secret: str) -> dict[str, Any]:
    try:
        return jwt.decode(cookie, secret, algorithms=[_ALGORITHM], audience=_AUDIENCE)
    except jwt.ExpiredSignatureError as error:
        raise _too_late() from error
    except jwt.InvalidTokenError as error:
        raise not_ours() from error


def _too_late() -> SignInFailedProblem:
    minutes = int(LIFETIME.total_seconds()) // 60
    return SignInFailedProblem("sign-in-expired", f"Signing in took longer than {minutes} minutes.")
