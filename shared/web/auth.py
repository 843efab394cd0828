"""Who asks: signed tokens, the session cookie, roles and scopes."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import jwt
from fastapi import Security
from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web.forgery import form_token, refuse_forgery
from shared.web.problems import ForbiddenProblem, SignInNeededProblem
from shared.web.scopes import SCHEME, scope_needed
from shared.web.tokens import PREFIX, token_in_use

Role = Literal[
    "frontline_owner", "team_lead", "department_head", "contributor", "cx_admin", "auditor"
]
ROLES: tuple[Role, ...] = get_args(Role)

COOKIE = "closedloop_session"
SESSION_LIFETIME = timedelta(hours=12)

_ALGORITHM = "HS256"
_MIN_SECRET_CHARACTERS = 32
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_BEARER = HTTPBearer(
    scheme_name=SCHEME,
    description="A token: `closedloop token create`. Browsers have the session's cookie instead.",
    auto_error=False,
)

#: What a token is for: one made for signing in opens nothing else, and the other way round.
Purpose = Literal["closedloop:access", "closedloop:sign-in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or program that is signed in, for one tenant.

    `scopes` bound a program beside its roles; None for a person, whom roles alone bound.
    """

    tenant: str
    subject: str
    name: str
    roles: frozenset[str]
    scopes: frozenset[str] | None = None

    def has(self, *roles: Role) -> bool:
        """Tell whether the principal has one of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a verified token says. `jti` is its own id, `expires_at` the end of its life.

    `by_provider` tells that it is the session of who signed in with an OpenID Connect provider.
    """

    principal: Principal
    jti: str
    expires_at: datetime
    by_provider: bool = False


def check_secret(secret: str) -> None:
    """Raise SettingsError when `secret` is too short to sign with."""
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise SettingsError(
            f"CLOSEDLOOP_SECRET has {len(secret)} characters.",
            remedy=f"Set {_MIN_SECRET_CHARACTERS} random characters or more, the same in every"
            " process.",
        )


def issue_token(
    principal: Principal,
    secret: str,
    *,
    lifetime: timedelta,
    purpose: Purpose = "closedloop:access",
    by_provider: bool = False,
) -> str:
    """Return a signed token (JWT, HS256) that speaks for `principal` for `lifetime`.

    Raises SettingsError when the secret is too short to sign with.
    """
    check_secret(secret)
    now = datetime.now(UTC)
    claims = {
        "aud": purpose,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + lifetime,
        "tenant": principal.tenant,
        "sub": principal.subject,
        "name": principal.name,
        "roles": sorted(principal.roles),
        "by_provider": by_provider,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def sign_in_link(principal: Principal, settings: Settings, *, lifetime: timedelta) -> str:
    """Return the address that signs `principal` in, once, within `lifetime`."""
    token = issue_token(principal, settings.secret, lifetime=lifetime, purpose="closedloop:sign-in")
    return f"{settings.public_url.rstrip('/')}/signin/link/{token}"


def read_token(token: str, secret: str, *, purpose: Purpose = "closedloop:access") -> Token:
    """Return what `token` says.

    Raises SignInNeededProblem when it is altered, expired or made for another purpose.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            audience=purpose,
            options={"require": ["aud", "exp", "iat", "jti", "sub", "tenant", "roles"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise SignInNeededProblem("The token has expired.", remedy="Sign in again.") from error
    except jwt.InvalidTokenError as error:
        raise SignInNeededProblem("The token is not valid.", remedy="Sign in again.") from error
    return _token_of(claims)


def _token_of(claims: dict[str, Any]) -> Token:
    return Token(
        principal=Principal(
            tenant=claims["tenant"],
            subject=claims["sub"],
            name=claims.get("name") or claims["sub"],
            roles=frozenset(claims["roles"]),
        ),
        jti=claims["jti"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        by_provider=claims.get("by_provider") is True,
    )


def signed_in(*roles: Role, scope: str = "") -> Callable[[Request], Awaitable[Principal]]:
    """Return the FastAPI dependency that gives the principal, who has one of `roles`.

    Without roles anyone who is signed in passes. `Authorization: Bearer` goes before the
    session cookie. A request that changes something under the cookie must carry the page's
    token, in the form or the header: a foreign page can make a browser send the cookie, but
    can't read the token.

    `scope` is what a program's token needs besides: an area (`followups` asks for
    followups:read or followups:write, by the method) or one scope (`webhooks:admin`). Without
    it the route is for people.

    Raises SignInNeededProblem (a browser is sent to the sign-in page) or ForbiddenProblem.
    """
    documented: Any = Security(_BEARER, scopes=[scope] if scope else [])

    async def principal(request: Request, _documented: object = documented) -> Principal:
        bearer, cookie = _bearer(request), request.cookies.get(COOKIE)
        if not (bearer or cookie):
            raise SignInNeededProblem(
                "The request does not say who asks.",
                remedy="Send a token as Authorization: Bearer, or sign in.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        found = await _who(request, bearer, cookie or "")
        if not bearer and request.method not in _SAFE_METHODS:
            await refuse_forgery(request, cookie or "", settings_of(request).secret)
        _refuse_other_scopes(found, scope_needed(scope, request.method))
        _refuse_other_roles(found, roles)
        return found

    return principal


def present_principal(request: Request) -> Principal | None:
    """Return who is signed in on this browser, for pages that anyone may see."""
    try:
        return read_token(request.cookies.get(COOKIE, ""), settings_of(request).secret).principal
    except SignInNeededProblem:
        return None


def csrf_token(request: Request) -> str:
    """Return the token that forms on this page carry, empty when nobody is signed in."""
    cookie = request.cookies.get(COOKIE)
    return form_token(cookie, settings_of(request).secret) if cookie else ""


def start_session(
    response: Response, principal: Principal, settings: Settings, *, by_provider: bool = False
) -> None:
    """Sign `principal` in on the browser that receives `response`, in a session of its own."""
    response.set_cookie(
        COOKIE,
        issue_token(principal, settings.secret, lifetime=SESSION_LIFETIME, by_provider=by_provider),
        max_age=int(SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_https(settings),
    )


def end_session(response: Response, settings: Settings) -> None:
    """Sign out the browser that receives `response`."""
    response.delete_cookie(
        COOKIE,
        httponly=True,
        samesite="lax",
        secure=is_https(settings),
    )


def is_https(settings: Settings) -> bool:
    """Tell whether browsers reach us by https, so that cookies need not travel otherwise."""
    return settings.public_url.startswith("https:")


def is_by_provider(request: Request) -> bool:
    """Tell whether this browser's session began at an OpenID Connect provider."""
    try:
        return read_token(request.cookies.get(COOKIE, ""), settings_of(request).secret).by_provider
    except SignInNeededProblem:
        return False


def settings_of(request: Request) -> Settings:
    """Return the settings of the app that the request came to."""
    settings: Settings = request.app.state.settings
    return settings


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _who(request: Request, bearer: str | None, cookie: str) -> Principal:
    if not (bearer and bearer.startswith(PREFIX)):
        return read_token(bearer or cookie, settings_of(request).secret).principal
    found = await token_in_use(request.app.state.web_pool, bearer)
    if found is None:
        raise SignInNeededProblem(
            "The token is unknown, revoked or expired.",
            remedy="Ask an operator for a new one: closedloop token create.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return Principal(
        tenant=found.tenant,
        subject=f"token:{found.name}",
        name=found.name,
        roles=frozenset(found.roles),
        scopes=frozenset(found.scopes),
    )


def _refuse_other_scopes(principal: Principal, needed: str) -> None:
    if principal.scopes is None or needed in principal.scopes:
        return
    told = ", ".join(sorted(principal.scopes))
    what = f"the scope {needed}" if needed else "a person: no scope opens it"
    raise ForbiddenProblem(
        f"This takes {what}; the token {principal.name} has {told}.",
        slug="insufficient-scope",
        title="The token does not open this",
        remedy="Ask an operator for a token with the scope.",
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
    )


def _refuse_other_roles(principal: Principal, roles: tuple[Role, ...]) -> None:
    if roles and not principal.has(*roles):
        raise ForbiddenProblem(
            f"This takes the role {' or '.join(roles)}; you are signed in as {principal.name}"
            f" ({', '.join(sorted(principal.roles)) or 'no role'}).",
            remedy="Ask someone who has it, or sign in as someone else.",
        )
