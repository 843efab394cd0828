"""Two steps of a browser: off to the provider, and back with its answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from authlib.common.urls import add_params_to_uri
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.web import audit
from shared.web.auth import Principal, is_https, settings_of
from shared.web.oidc import attempt as attempts
from shared.web.oidc.attempt import Attempt
from shared.web.oidc.claims import UnknownPersonError, principal_of
from shared.web.oidc.config import config_of, is_safe_address
from shared.web.oidc.errors import SignInFailedProblem, provider_away
from shared.web.oidc.provider import Provider
from shared.web.pages import page_templates
from shared.web.problems import NotFoundProblem, Problem
from shared.web.signin import HOME, safe_next, sign_in_as, use_up

_PAGES = page_templates()
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")
_PASSING = frozenset({"temporarily_unavailable", "server_error"})


@asynccontextmanager
async def _with_provider(app: FastAPI) -> AsyncIterator[None]:
    config = config_of(app.state.settings)
    app.state.oidc = provider = Provider(config) if config else None
    try:
        yield
    finally:
        if provider:
            await provider.aclose()


routes = APIRouter(include_in_schema=False, lifespan=_with_provider)


@routes.get("/signin/oidc")
async def begin(request: Request, next: str = HOME) -> Response:
    """Send the browser to the provider, and remember what for."""
    attempt = attempts.new_attempt(safe_next(next), home=HOME)
    address = await _provider(request).authorization_address(attempt)
    response = RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
    settings = settings_of(request)
    attempts.keep(response, attempt, settings.secret, secure=is_https(settings))
    return response


@routes.get("/signin/oidc/callback")
async def finish(
    request: Request,
    state: str = "",
    code: str = "",
    error: str = "",
    iss: str | None = None,
) -> Response:
    """Take the provider's answer and sign the person in, or say why not.

    What this browser did not begin is refused and left unrecorded: anybody can send that, for
    ever. An attempt ends with its first answer, whatever that is.
    """
    provider, settings = _provider(request), settings_of(request)
    if error and not state:  # some leave it out when they refuse; it changes nothing here
        raise _refused_there(error)
    cookie = request.cookies.get(attempts.COOKIE, "")
    attempt = attempts.unseal(cookie, settings.secret, state=state)
    pool = request.app.state.web_pool
    if not await use_up(pool, attempt.state, attempt.expires_at):
        raise attempts.not_ours()
    try:
        await provider.check_issuer(iss)
        principal = await _person(provider, attempt, code=code, error=error)
    except Problem as problem:
        await audit.note_refused(
            pool,
            "provider",
            problem.slug,
            tenant=settings.oidc_tenant or None,
            subject=problem.members.pop("subject", None),
        )
        raise
    response = await sign_in_as(request, principal, attempt.target, how="provider")
    attempts.forget(response, secure=is_https(settings))
    return response


@routes.get("/signout/provider")
async def leave(request: Request) -> Response:
    """Lead on from our sign-out to the provider's (OpenID Connect RP-Initiated Logout 1.0).

    A page, not a redirect: the form's policy lets the answer to a form lead to our site alone.
    """
    provider = _provider(request)
    try:
        place = (await provider.metadata()).end_session_endpoint
    except Problem:
        place = None
    if place is None or not is_safe_address(place):
        return RedirectResponse("/signin", status_code=HTTPStatus.SEE_OTHER)
    config = provider.config
    ours = [("client_id", config.client_id), ("post_logout_redirect_uri", config.signed_out_uri)]
    return _PAGES.TemplateResponse(
        request,
        "signed_out.html",
        {"provider": config.host, "place": add_params_to_uri(place, ours)},
    )


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise NotFoundProblem("Nobody signs in with a provider here.")
    return provider


async def _person(provider: Provider, attempt: Attempt, *, code: str, error: str) -> Principal:
    if error:
        raise _refused_there(error)
    if not code:
        raise SignInFailedProblem("no-code", "The sign-in provider's answer is incomplete.")
    claims = await provider.claims(code, attempt)
    try:
        return principal_of(claims, provider.config.claims)
    except UnknownPersonError as unknown:
        raise _unknown(unknown, claims) from unknown


def _unknown(error: UnknownPersonError, claims: Mapping[str, Any]) -> Problem:
    subject = str(claims["sub"])
    return Problem(
        error.detail,
        status=HTTPStatus.FORBIDDEN,
        slug=error.slug,
        title="You have no access here yet",
        remedy=error.remedy,
        members={"subject": subject} if subject.isprintable() else {},
    )


def _refused_there(error: str) -> Problem:
    if error in _PASSING:
        return provider_away()
    if error == "access_denied":
        return SignInFailedProblem(
            "consent-refused", "The sign-in was refused or broken off at the provider."
        )
    code = error if _ERROR_CODE.fullmatch(error) else "an error"
    return SignInFailedProblem(
        "provider-refused",
        f"The sign-in provider refused the request ({code}).",
        remedy="Begin again. If it stays so, tell whoever runs the sign-in of your company.",
    )
