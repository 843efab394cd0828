"""Signing in and out: one-time links, and one-click people where the product runs locally.

Signing in with a provider is in shared/web/oidc.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.errors import SettingsError
from shared.postgres.pool import Pool, create_pool
from shared.postgres.sqlfile import load
from shared.program.document import Program
from shared.program.store import ProgramStore
from shared.settings import Settings
from shared.web import audit
from shared.web.auth import (
    Principal,
    Role,
    Token,
    end_session,
    is_by_provider,
    read_token,
    settings_of,
    signed_in,
    start_session,
)
from shared.web.loopback import is_loopback
from shared.web.oidc.config import config_of
from shared.web.pages import page_templates
from shared.web.problems import ForbiddenProblem, Problem, SignInNeededProblem

_QUERIES = load(Path(__file__).parent / "sql" / "web.sql")
_PAGES = page_templates()
HOME = "/inbox"
_OWNERS_SHOWN_PER_TEAM = 2


@asynccontextmanager
async def _with_pool(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    pool = await create_pool(settings.database_url, role="closedloop_web", max_size=2)
    app.state.web_pool = pool
    app.state.web_programs = ProgramStore(pool)
    try:
        yield
    finally:
        await pool.close()


#: Its lifespan holds a pool of its own: signing in is the same beside every service.
routes = APIRouter(include_in_schema=False, lifespan=_with_pool)


@routes.get("/signin")
async def show_sign_in(request: Request, next: str = HOME) -> Response:
    """Say how to sign in; where the product runs locally, offer people of each role."""
    provider = config_of(settings_of(request))
    context = {
        "provider": provider.host if provider else "",
        "companies": await _companies(request),
        "next": safe_next(next),
        "key_of": key_of,
    }
    return _PAGES.TemplateResponse(request, "signin.html", context)


@routes.post("/signin")
async def sign_in_locally(
    request: Request,
    who: Annotated[str, Form()],
    next: Annotated[str, Form()] = HOME,
) -> Response:
    """Sign in as one of the people that the page offered."""
    refuse_foreign_origin(request)
    people = {
        key_of(person): person
        for company in await _companies(request)
        for person, _ in company.people
    }
    if who not in people:
        raise ForbiddenProblem(
            "Nobody can be signed in that way here.",
            remedy="Use the one-time link that you were given.",
        )
    return await sign_in_as(request, people[who], safe_next(next), how="one_click")


@routes.get("/signin/link/{token}")
async def sign_in_by_link(request: Request, token: str) -> Response:
    """Sign in by a one-time link and use it up."""
    found, pool = _read_link(token, settings_of(request)), request.app.state.web_pool
    if not await use_up(pool, found.jti, found.expires_at):
        whose = found.principal
        await audit.note_refused(
            pool, "link", "dead-link", tenant=whose.tenant, subject=whose.subject
        )
        raise _dead_link("It was used before: a link signs in once.")
    return await sign_in_as(request, found.principal, HOME, how="link")


@routes.post("/signout")
async def sign_out(
    request: Request, _principal: Annotated[Principal, Depends(signed_in())]
) -> Response:
    """End the session on this browser; who came from a provider goes on to sign out there."""
    onward = config_of(settings_of(request)) is not None and is_by_provider(request)
    target = "/signout/provider" if onward else "/signin"
    response = RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)
    end_session(response, settings_of(request))
    return response


async def sign_in_as(
    request: Request, principal: Principal, target: str, *, how: audit.How
) -> Response:
    """Begin a session of `principal` on this browser, write it down, and lead on to `target`."""
    await audit.note_signed_in(request.app.state.web_pool, principal, how)
    response = RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)
    start_session(response, principal, settings_of(request), by_provider=how == "provider")
    return response


async def use_up(pool: Pool, jti: str, expires_at: datetime) -> bool:
    """Use up what works once, kept in mind until it would expire; False when it was used before."""
    used: bool = await pool.fetchval(_QUERIES["use_up_token"], jti, expires_at, datetime.now(UTC))
    return used


def check_one_click(settings: Settings) -> None:
    """Raise SettingsError when one-click sign-in would be on where others can reach it.

    Local mode turns it on, so its public address must be this machine alone. Each request is
    looked at besides: see `_from_here`.
    """
    host = urlsplit(settings.public_url).hostname or ""
    if settings.mode == "local" and not is_loopback(host):
        raise SettingsError(
            f"CLOSEDLOOP_MODE is local, where anybody signs in with one click, and"
            f" CLOSEDLOOP_PUBLIC_URL is {settings.public_url}, which others can reach.",
            remedy="Set CLOSEDLOOP_MODE to production, or serve on localhost.",
        )


def safe_next(target: str) -> str:
    """Return `target` when it is a path on this site, the inbox otherwise.

    Browsers read a backslash as a slash and drop control characters, so `/\\host` and
    `/<tab>/host` lead elsewhere just as `//host` does.
    """
    parts = urlsplit(target)
    leads_elsewhere = (
        parts.scheme
        or parts.netloc
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
        or not target.isprintable()
    )
    return HOME if leads_elsewhere else target


def refuse_foreign_origin(request: Request) -> None:
    """Raise ForbiddenProblem when a page of another site sent the form."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenProblem("The form was sent by another site.", remedy="Open it here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A tenant on the local sign-in page: people, each with what they are in words."""

    tenant: str
    name: str
    people: Sequence[tuple[Principal, str]]


def people_of(program: Program) -> list[tuple[Principal, str]]:
    """Return some people of `program` for each role, with what they are in words."""
    seen: dict[str, tuple[Principal, str]] = {}
    for person, what in _roles_in(program):
        seen.setdefault(key_of(person), (person, what))
    return list(seen.values())


def key_of(person: Principal) -> str:
    """Return what the sign-in form sends for `person`."""
    return "/".join((person.tenant, person.subject, *sorted(person.roles)))


def _roles_in(program: Program) -> Iterable[tuple[Principal, str]]:
    for team in program.teams:
        for owner in team.owners[:_OWNERS_SHOWN_PER_TEAM]:
            yield _person(program, owner, "frontline_owner"), f"answers customers, {team.name}"
    for team in program.teams:
        yield _person(program, team.lead, "team_lead"), f"leads the team {team.name}"
    for department in program.departments:
        yield _person(program, department.head, "department_head"), f"heads {department.name}"
    others: Mapping[Role, str] = {
        "contributor": "proposes and works on plans",
        "cx_admin": "keeps the program",
        "auditor": "reads everything, changes nothing",
    }
    for role, what in others.items():
        name = role.replace("_", " ").capitalize().replace("Cx", "CX")
        yield _principal(program.tenant, role.replace("_", "-"), name, role), what


def _person(program: Program, owner: str, role: Role) -> Principal:
    return _principal(program.tenant, owner, program.owner_name(owner), role)


def _principal(tenant: str, subject: str, name: str, role: Role) -> Principal:
    return Principal(tenant=tenant, subject=subject, name=name, roles=frozenset({role}))


async def _companies(request: Request) -> list[Company]:
    if settings_of(request).mode != "local" or not _from_here(request):
        return []
    programs: ProgramStore = request.app.state.web_programs
    return [
        Company(tenant=tenant, name=program.name, people=people_of(program))
        for tenant, program in sorted((await programs.active()).items())
    ]


def _from_here(request: Request) -> bool:
    """Tell whether a browser on this machine asks, and asks for this machine.

    The name that it asks for tells it from a foreign page whose host name leads here.
    """
    client = request.client.host if request.client else ""
    return is_loopback(client) and is_loopback(request.url.hostname or "")


def _read_link(token: str, settings: Settings) -> Token:
    try:
        return read_token(token, settings.secret, purpose="closedloop:sign-in")
    except SignInNeededProblem as error:
        raise _dead_link("It is too old, or not one of ours.") from error


def _dead_link(why: str) -> Problem:
    return Problem(
        f"This sign-in link does not work any more. {why}",
        status=HTTPStatus.GONE,
        slug="dead-link",
        title="The link does not work",
        remedy="Ask for a new one: `closedloop token --link` makes it.",
    )
