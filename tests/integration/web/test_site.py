"""Signing in and out, and what every answer refuses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import ASGITransport, AsyncClient, Response

from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token, sign_in_link
from tests.integration.web.visiting import bare_app

LEAD = Principal(tenant="demo", subject="vilay", name="Vilay Sing", roles=frozenset({"team_lead"}))
AN_HOUR = timedelta(hours=1)


def link_of(settings: Settings, lifetime: timedelta = AN_HOUR) -> str:
    return urlsplit(sign_in_link(LEAD, settings, lifetime=lifetime)).path


async def signed_in_browser(browser: AsyncClient, settings: Settings) -> str:
    """Sign in by link and return the page's token against forgery."""
    assert (await browser.get(link_of(settings))).status_code == 303
    page = await browser.get("/signin")
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found[1]


async def test_a_link_signs_in_once_and_never_again(
    browser: AsyncClient, local_settings: Settings
) -> None:
    link = link_of(local_settings)
    first = await browser.get(link)
    assert (first.status_code, first.headers["location"]) == (303, "/inbox")
    assert (await browser.get("/board")).text == '"Vilay Sing"'
    browser.cookies.clear()
    second = await browser.get(link)
    assert second.status_code == 410
    assert "signs in once" in second.text
    assert COOKIE not in second.cookies


@pytest.mark.parametrize("kind", ["expired", "altered", "an access token"])
async def test_a_link_that_is_no_good_says_so_and_signs_nobody_in(
    browser: AsyncClient, local_settings: Settings, kind: str
) -> None:
    path = {
        "expired": link_of(local_settings, -AN_HOUR),
        "altered": link_of(local_settings)[:-4] + "AAAA",
        "an access token": "/signin/link/"
        + issue_token(LEAD, local_settings.secret, lifetime=AN_HOUR),
    }[kind]
    answer = await browser.get(path)
    assert answer.status_code == 410
    assert "closedloop token --link" in answer.text
    assert not browser.cookies


async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(
    browser: AsyncClient, local_settings: Settings
) -> None:
    cookie = (await browser.get(link_of(local_settings))).headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


async def test_a_visitor_of_a_page_is_sent_to_sign_in_and_comes_back(
    browser: AsyncClient,
) -> None:
    sent = await browser.get("/board?view=mine")
    place = urlsplit(sent.headers["location"])
    assert (sent.status_code, place.path) == (303, "/signin")
    assert parse_qs(place.query) == {"next": ["/board?view=mine"]}
    back = await browser.post(
        "/signin", data={"who": "demo/mali/frontline_owner", "next": "/board?view=mine"}
    )
    assert back.headers["location"] == "/board?view=mine"
    assert (await browser.get("/board?view=mine")).text == '"Mali Chan"'


async def test_a_program_that_is_not_signed_in_gets_a_problem(browser: AsyncClient) -> None:
    answer = await browser.get("/board", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["status"]) == (401, 401)


async def test_a_part_of_a_page_that_is_fetched_sends_the_whole_page_to_sign_in(
    browser: AsyncClient,
) -> None:
    answer = await browser.get("/board", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/signin?next=%2Fboard")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_signing_in_never_leads_to_another_site(browser: AsyncClient, target: str) -> None:
    answer = await browser.post(
        "/signin", data={"who": "demo/mali/frontline_owner", "next": target}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")


async def test_a_change_under_the_cookie_takes_the_pages_token(
    browser: AsyncClient, local_settings: Settings
) -> None:
    token = await signed_in_browser(browser, local_settings)
    assert (await browser.post("/board")).status_code == 403
    assert (await browser.post("/board", data={"csrf_token": "0" * 64})).status_code == 403
    assert (await browser.post("/board", headers={b"X-CSRF-Token": b"\xe9"})).status_code == 403
    assert (await browser.post("/board", data={"csrf_token": token})).status_code == 200
    assert (await browser.post("/board", headers={"X-CSRF-Token": token})).status_code == 200


async def test_the_token_of_an_earlier_session_is_worth_nothing(
    browser: AsyncClient, local_settings: Settings
) -> None:
    old = await signed_in_browser(browser, local_settings)
    assert await signed_in_browser(browser, local_settings) != old
    refused = await browser.post("/board", data={"csrf_token": old})
    assert refused.status_code == 403
    assert "Open the page again" in refused.text


async def test_a_bearer_token_needs_no_page(browser: AsyncClient, local_settings: Settings) -> None:
    bearer = issue_token(LEAD, local_settings.secret, lifetime=AN_HOUR)
    answer = await browser.post("/board", headers={"Authorization": f"Bearer {bearer}"})
    assert answer.status_code == 200


async def test_a_role_that_is_missing_is_named(browser: AsyncClient) -> None:
    await browser.post("/signin", data={"who": "demo/mali/frontline_owner"})
    page = await browser.get("/signin")
    found = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert found
    answer = await browser.post(
        "/board", data={"csrf_token": found[1]}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    assert "team_lead" in answer.json()["detail"]
    assert "Mali Chan" in answer.json()["detail"]


async def test_signing_out_ends_the_session(browser: AsyncClient, local_settings: Settings) -> None:
    token = await signed_in_browser(browser, local_settings)
    assert (await browser.post("/signout")).status_code == 403
    assert (await browser.post("/signout", data={"csrf_token": token})).status_code == 303
    assert (await browser.get("/board")).status_code == 303


async def test_nobody_is_signed_in_who_was_not_offered(browser: AsyncClient) -> None:
    for who in ("demo/mali/cx_admin", "other/mali/frontline_owner", ""):
        answer = await browser.post("/signin", data={"who": who})
        assert answer.status_code in {403, 422}
        assert not browser.cookies


async def test_another_site_cannot_sign_anybody_in(browser: AsyncClient) -> None:
    answer = await browser.post(
        "/signin",
        data={"who": "demo/mali/frontline_owner"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403
    assert not browser.cookies


async def test_in_production_one_click_signs_nobody_in(local_settings: Settings) -> None:
    app = bare_app(local_settings.model_copy(update={"mode": "production"}))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app=app), base_url="https://closedloop.localhost"
        ) as client,
    ):
        page = await client.get("/signin", headers={"Accept": "text/html"})
        assert "one-time link" in page.text
        assert "Mali" not in page.text
        answer = await client.post("/signin", data={"who": "demo/mali/frontline_owner"})
        assert answer.status_code == 403


async def every_kind_of_answer(browser: AsyncClient) -> list[Response]:
    return [
        await browser.get("/signin"),
        await browser.get("/board"),
        await browser.get("/nowhere"),
        await browser.put("/board"),
        await browser.get("/broken"),
        await browser.get("/static/style.css"),
        await browser.post("/signin", content=b"x" * 2000),
    ]


async def test_every_answer_refuses_what_is_inline_foreign_or_framed(
    browser: AsyncClient,
) -> None:
    for answer in await every_kind_of_answer(browser):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<style|style=|\son\w+=|<script>|javascript:", answer.text)


async def test_what_breaks_tells_nothing_of_the_inside(browser: AsyncClient) -> None:
    for accept in ("text/html", "application/json"):
        answer = await browser.get("/broken", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "secret of the house" not in answer.text
        assert "our fault" in answer.text


async def test_a_body_that_is_too_large_is_refused_announced_or_not(
    browser: AsyncClient,
) -> None:
    assert (await browser.post("/signin", content=b"who=" + b"x" * 1000)).status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 500

    answer = await browser.post(
        "/signin",
        content=pieces(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


async def test_a_wrong_method_is_told_which_ones_work(browser: AsyncClient) -> None:
    answer = await browser.put("/board", headers={"Accept": "application/json"})
    assert answer.status_code == 405
    assert "GET" in answer.json()["detail"]


async def test_static_files_may_be_kept_for_ever_under_their_content_s_address(
    browser: AsyncClient,
) -> None:
    page = (await browser.get("/signin")).text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        answer = await browser.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert (await browser.get("/static/%2e%2e/auth.py")).status_code == 404
