"""Whoever asks anywhere says who they are, and a form comes from our page: at every route there is.

The routes are found by walking the apps, so that a new one that forgets this fails here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from deploy.local.web import create_front
from shared.settings import Settings
from shared.web.auth import COOKIE, ROLES, Principal, issue_token, sign_in_link
from shared.web.forgery import form_token
from tests.integration.routing.conftest import activate_programs
from tests.integration.web.everywhere import PUBLIC, Place, all_apps, ask, places

AN_HOUR = timedelta(hours=1)
ALL = Principal(tenant="demo", subject="root", name="Root", roles=frozenset(ROLES))
OTHER_SECRET = "another secret for tests, long enough to sign with"
#: Takes events from programs alone, by a publisher's key: no cookie opens it.
INGEST = "/ingest/v1/events"


@dataclass(frozen=True, slots=True)
class Site:
    """All services behind one address, and where one can ask there."""

    client: AsyncClient
    settings: Settings
    places: list[Place]

    @property
    def guarded(self) -> list[Place]:
        """Return the places that are not for everybody."""
        return [place for place in self.places if not place.is_public]

    def cookie(self, lifetime: timedelta = AN_HOUR) -> str:
        """Return the session of somebody who has every role."""
        return issue_token(ALL, self.settings.secret, lifetime=lifetime)


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    """Give all services behind one address."""
    await activate_programs(settings)
    apps = all_apps(settings)
    front = create_front(apps)
    async with (
        front.router.lifespan_context(front),
        AsyncClient(
            transport=ASGITransport(app=front, raise_app_exceptions=False),
            base_url="http://localhost",
            headers={"Accept": "application/json"},
        ) as client,
    ):
        yield Site(client, settings, places(apps))


def unsigned(token: str) -> str:
    """Return the token as one that claims to need no signature."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{head.decode().rstrip('=')}.{token.split('.')[1]}."


def altered(token: str) -> str:
    """Return the token with another tenant in what it says, under the old signature."""
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    other = base64.urlsafe_b64encode(json.dumps({**said, "tenant": "other"}).encode())
    return f"{head}.{other.decode().rstrip('=')}.{signature}"


def forgeries(site: Site) -> Mapping[str, str]:
    """Return sessions that are none."""
    good = site.cookie()
    return {
        "made up": "nobody",
        "expired": site.cookie(-AN_HOUR),
        "altered": altered(good),
        "unsigned": unsigned(good),
        "signed by another": issue_token(ALL, OTHER_SECRET, lifetime=AN_HOUR),
        "a sign-in link": sign_in_link(ALL, site.settings, lifetime=AN_HOUR).rsplit("/", 1)[-1],
        "a token that nobody made": f"clt_{'A' * 43}",
    }


def slug(answer: Response) -> str:
    """Return the kind of problem that an answer is."""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"no problem: {answer.status_code}"
    kind: str = answer.json()["type"].removeprefix("urn:closedloop:problem:")
    return kind


async def test_nobody_asks_anywhere_without_saying_who_they_are(site: Site) -> None:
    assert len(site.guarded) > 50, "the walk has found nearly nothing"
    found = {place: await ask(site.client, place) for place in site.guarded}
    assert {place: answer.status_code for place, answer in found.items()} == dict.fromkeys(
        found, 401
    )


async def test_each_place_that_is_open_to_all_is_there(site: Site) -> None:
    assert PUBLIC.keys() == {place.path for place in site.places if place.is_public}


async def test_a_session_or_token_that_is_forged_opens_nothing(site: Site) -> None:
    opened = []
    for kind, token in forgeries(site).items():
        for place in site.guarded:
            bearer = await ask(site.client, place, headers={"Authorization": f"Bearer {token}"})
            cookie = await ask(site.client, place, headers={"Cookie": f"{COOKIE}={token}"})
            opened += [(kind, place) for one in (bearer, cookie) if one.status_code != 401]
    assert opened == []


async def test_a_form_that_is_not_from_our_page_changes_nothing_anywhere(site: Site) -> None:
    cookie, other = site.cookie(), site.cookie()
    changing = [place for place in site.guarded if place.changes and place.path != INGEST]
    assert len(changing) > 30, "the walk has found nearly nothing"
    session = {"Cookie": f"{COOKIE}={cookie}"}
    another_sessions = {"X-CSRF-Token": form_token(other, site.settings.secret)}
    attempts: list[dict[str, Any]] = [
        {"headers": session},
        {"headers": {**session, "Content-Type": "text/plain"}},
        {"headers": session, "json": {}},
        {"headers": {**session, **another_sessions}},
        {"headers": session, "data": {"csrf_token": form_token(cookie, OTHER_SECRET)}},
    ]
    accepted = []
    for place in changing:
        for given in attempts:
            answer = await ask(site.client, place, **given)
            if (answer.status_code, slug(answer)) != (403, "forged"):
                accepted.append((place, given, answer.status_code, slug(answer)))
    assert accepted == []


async def test_a_publishers_route_does_not_know_sessions(site: Site) -> None:
    (place,) = (place for place in site.places if place.path == INGEST)
    answer = await ask(site.client, place, headers={"Cookie": f"{COOKIE}={site.cookie()}"})
    assert answer.status_code == 401


async def test_a_customers_form_that_is_not_from_the_page_is_shown_again(site: Site) -> None:
    place = Place("routing", "POST", "/p/{token}/{act}")
    answer = await ask(site.client, place, {"token": "x", "act": "erase"})
    assert answer.status_code == 404  # a token that opens nothing; with one: test_promise_page.py


@pytest.mark.parametrize(
    "path",
    [
        "/static/../auth.py",
        "/static/%2e%2e/auth.py",
        "/static/..%2fauth.py",
        "/static/..%5cauth.py",
        "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/style.css%00.js",
        "/static/templates/../../templates/base.html",
        "/board/..%2f..%2fpyproject.toml",
        "/p/..%2f..%2fpyproject.toml",
    ],
)
async def test_no_address_leads_to_a_file_outside(site: Site, path: str) -> None:
    answer = await site.client.get(path)
    assert answer.status_code in {401, 404}
    assert "import" not in answer.text
    assert "root:" not in answer.text


def test_the_forgeries_differ_from_the_real_thing_by_one_fault_each() -> None:
    good = issue_token(ALL, OTHER_SECRET, lifetime=AN_HOUR)
    assert altered(good).split(".")[::2] == good.split(".")[::2]
    assert unsigned(good).split(".")[1] == good.split(".")[1]
