"""/p/{token}: the customer's own page, which their link opens and nothing else does."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, cast, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.promise import LONGEST_WORDS, Wish
from services.routing.domain.resurvey import NotAskedError
from services.routing.handlers import acting, promising
from services.routing.handlers.acting import Doing, TooManyActsError
from services.routing.handlers.promising import DeadLinkError, Guest, Visit
from services.routing.routes.deps import DeskOfRequest
from services.routing.routes.inbox import PAGES
from services.routing.routes.languages import LANGUAGES, Catalogue, catalogue, language_for
from services.routing.routes.promise_view import view_of_visit
from shared.web.auth import settings_of
from shared.web.forgery import FIELD, form_token
from shared.web.headers import HEADERS

routes = APIRouter(prefix="/p", include_in_schema=False)

LANGUAGE_COOKIE = "closedloop_language"
_A_YEAR_S = 365 * 86_400
_MOST_FIELDS = 10
_LONGEST_KEY = 100
_LONGEST_CHOICE = 4
#: A page that one person has the address of: kept nowhere, found by nobody, named to no site.
SECRET_HEADERS = {
    **HEADERS,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Vary": "Accept-Language, Cookie",
}

Part = Literal["case", "answer", "erase"]
#: What the page says after something was done.
NOTICES = frozenset({"added", "reopened", "person", "erased", "answered"})
_NEEDS_WORDS = frozenset({"not_solved", "add"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form sent, and what is wrong with it: the key of a sentence, empty when nothing is."""

    act: str
    words: str = ""
    choice: str = ""
    key: str = ""
    fault: str = ""

    @property
    def doing(self) -> Doing:
        """Return what is asked."""
        if self.act == "answer":
            return Doing(value=int(self.choice), words=self.words, key=self.key)
        return Doing(wish=cast("Wish", self.act), words=self.words, key=self.key)


@routes.get("/{token}")
async def show_promise(
    request: Request, token: str, desk: DeskOfRequest, lang: str = "", done: str = ""
) -> Response:
    """Show a customer where their case stands."""
    return await _shown(request, desk, token, chosen=lang, notice=done)


@routes.get("/{token}/answer")
async def show_question(request: Request, token: str, desk: DeskOfRequest) -> Response:
    """Ask whether it is solved."""
    return await _shown(request, desk, token, part="answer")


@routes.get("/{token}/erase")
async def show_erasing(request: Request, token: str, desk: DeskOfRequest) -> Response:
    """Ask whether everything is really to be erased."""
    return await _shown(request, desk, token, part="erase")


@routes.post("/{token}/{act}")
async def do(request: Request, token: str, act: str, desk: DeskOfRequest) -> Response:
    """Do what a customer asks; refused, show the page again with all that was typed."""
    if act not in (*get_args(Wish), "answer"):
        return _dead(request)
    try:
        guest = await promising.admit(desk.promises, desk.programs, token)
        before = await promising.visit(desk.promises, guest, desk.clock.now())
        typed = await _typed(request, token, act)
        if not typed.fault:
            typed = await _done(desk, guest, typed)
        if typed.fault:
            return _page(request, token, before, desk, typed=typed)
        after = await promising.visit(desk.promises, guest, desk.clock.now())
    except DeadLinkError:
        return _dead(request)
    notice = _notice(typed.act, before, after)
    return RedirectResponse(
        f"/p/{token}?done={notice}", HTTPStatus.SEE_OTHER, headers=SECRET_HEADERS
    )


@routes.get("/{path:path}")
async def show_nothing(request: Request, path: str) -> Response:
    """Answer any other address as a link that does not work."""
    return _dead(request)


async def _done(desk: Desk, guest: Guest, typed: Typed) -> Typed:
    """Do it; return what was typed, with its fault when it was refused."""
    try:
        await acting.act(desk.promises, guest, typed.doing, desk.clock.now())
    except TooManyActsError:
        return _faulty(typed, "fault_many")
    except NotAskedError:
        return _faulty(typed, "fault_asked")
    return typed


async def _typed(request: Request, token: str, act: str) -> Typed:
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    typed = Typed(
        act=act,
        words=_cleaned(given.get("words", "")),
        choice=given.get("choice", "")[:_LONGEST_CHOICE],
        key=given.get("key", "")[:_LONGEST_KEY],
    )
    ours = form_token(token, settings_of(request).secret)
    if not hmac.compare_digest(given.get(FIELD, "").encode("utf-8", "replace"), ours.encode()):
        return _faulty(typed, "fault_form")
    return _faulty(typed, _fault_of(typed))


def _fault_of(typed: Typed) -> str:
    if len(typed.words) > LONGEST_WORDS:
        return "fault_long"
    if typed.act in _NEEDS_WORDS and not typed.words:
        return "fault_words"
    if typed.act == "answer" and not (typed.choice.isascii() and typed.choice.isdigit()):
        return "fault_choice"
    return ""


def _faulty(typed: Typed, fault: str) -> Typed:
    return Typed(act=typed.act, words=typed.words, choice=typed.choice, key=typed.key, fault=fault)


def _cleaned(text: str) -> str:
    """Return what PostgreSQL can hold of a text: no U+0000, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()


def _notice(act: str, before: Visit, after: Visit) -> str:
    if not before.followup.is_open and after.followup.is_open:
        return "reopened"
    return {"person": "person", "erase": "erased", "answer": "answered"}.get(act, "added")


async def _shown(
    request: Request,
    desk: Desk,
    token: str,
    *,
    part: Part = "case",
    chosen: str = "",
    notice: str = "",
) -> Response:
    try:
        guest = await promising.admit(desk.promises, desk.programs, token)
        seen = await promising.visit(desk.promises, guest, desk.clock.now())
    except DeadLinkError:
        return _dead(request)
    response = _page(request, token, seen, desk, part=part, chosen=chosen, notice=notice)
    if chosen in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            path="/p",
            max_age=_A_YEAR_S,
            samesite="lax",
            httponly=True,
            secure=settings_of(request).public_url.startswith("https:"),
        )
    return response


def _page(  # noqa: PLR0913  (what a page may differ in)
    request: Request,
    token: str,
    seen: Visit,
    desk: Desk,
    *,
    part: Part = "case",
    chosen: str = "",
    notice: str = "",
    typed: Typed | None = None,
) -> Response:
    say = _language(request, chosen, seen.followup.voice.language)
    if typed and typed.act in get_args(Part):
        part = cast("Part", typed.act)
    return _rendered(
        request,
        "promise.html",
        say,
        {
            "view": view_of_visit(seen, say, desk.clock.now()),
            "part": part,
            "token": token,
            "csrf": form_token(token, settings_of(request).secret),
            "field": FIELD,
            "key": typed.key if typed and typed.key else secrets.token_urlsafe(12),
            "typed": typed,
            "fault": say(typed.fault, n=LONGEST_WORDS) if typed else "",
            "most": LONGEST_WORDS,
            "notice": say(f"notice_{notice}") if notice in NOTICES else "",
            "languages": [catalogue(tag) for tag in LANGUAGES],
        },
        HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK,
    )


def _dead(request: Request) -> Response:
    """Answer a link that opens nothing: whatever is wrong with it, in the same words."""
    say = _language(request, "", None)
    return _rendered(request, "promise_dead.html", say, {}, HTTPStatus.NOT_FOUND)


def _language(request: Request, chosen: str, spoken: str | None) -> Catalogue:
    kept = chosen if chosen in LANGUAGES else request.cookies.get(LANGUAGE_COOKIE, "")
    return language_for(kept, spoken, request.headers.get("accept-language", ""))


def _rendered(
    request: Request,
    template: str,
    say: Catalogue,
    context: Mapping[str, Any],
    status: HTTPStatus,
) -> Response:
    return PAGES.TemplateResponse(
        request, template, {"say": say, **context}, status_code=status, headers=SECRET_HEADERS
    )
