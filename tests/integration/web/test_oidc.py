"""Signing in with a provider: what a browser may do, honest or not."""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient

from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token
from shared.web.oidc import attempt as attempts
from tests.integration.web.visiting import (
    HOME,
    Visitor,
    assert_refused,
    bare_app,
    recorded,
    visiting,
)
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, BentProvider


async def test_who_signs_in_has_the_roles_of_the_groups_and_goes_where_they_wanted(
    visitor: Visitor, oidc_settings: Settings
) -> None:
    answer = await visitor.sign_in("/board?view=mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?view=mine")
    assert (await visitor.client.get("/board")).text == '"Mali Chan"'
    assert attempts.COOKIE not in visitor.client.cookies
    assert await recorded(oidc_settings) == [
        ("provider", None, "demo", "mali", ["frontline_owner"])
    ]


async def test_the_sign_in_page_offers_the_provider_first(visitor: Visitor) -> None:
    page = await visitor.client.get("/signin?next=%2Fboard%3Fa%3D1%26b")
    assert 'href="/signin/oidc?next=/board%3Fa%3D1%26b"' in page.text
    assert "Sign in with 127.0.0.1" in page.text


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_the_provider_never_leads_back_to_another_site(visitor: Visitor, target: str) -> None:
    assert (await visitor.sign_in(target)).headers["location"] == "/inbox"


async def test_a_target_too_long_for_a_cookie_is_the_inbox(visitor: Visitor) -> None:
    assert (await visitor.sign_in("/" + "x" * 5000)).headers["location"] == "/inbox"


async def test_the_request_carries_a_challenge_and_what_it_verifies_stays_here(
    visitor: Visitor, provider: BentProvider
) -> None:
    asked = parse_qs(urlsplit(await visitor.to_provider()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {len(asked[name][0]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert "code_verifier" not in asked


async def test_the_cookie_of_an_attempt_is_kept_from_scripts_and_other_sites(
    visitor: Visitor,
) -> None:
    cookie = (await visitor.client.get("/signin/oidc")).headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/signin/oidc", "Max-Age=600"} <= set(
        cookie.split("; ")
    )


async def test_an_answer_counts_once(visitor: Visitor) -> None:
    begun = await visitor.to_provider()
    cookie = visitor.client.cookies[attempts.COOKIE]
    answer = await visitor.answer_of(begun)
    assert (await visitor.client.get(answer)).status_code == 303
    visitor.client.cookies.clear()
    visitor.client.cookies.set(attempts.COOKIE, cookie)
    assert_refused(await visitor.client.get(answer), 400, "sign-in-not-begun")


async def test_an_answer_to_another_browser_s_attempt_is_refused(
    oidc_settings: Settings, visitor: Visitor
) -> None:
    async with visiting(oidc_settings) as attacker:
        planted = await attacker.answer_of(await attacker.to_provider())
    assert_refused(await visitor.client.get(planted), 400, "sign-in-not-begun")
    await visitor.to_provider()
    assert_refused(await visitor.client.get(planted), 400, "sign-in-not-begun")
    assert await recorded(oidc_settings) == []


async def test_an_altered_state_is_refused(visitor: Visitor) -> None:
    answer = await visitor.answer_of(await visitor.to_provider())
    altered = re.sub(r"state=[^&]+", "state=\u00e9", answer)
    assert_refused(await visitor.client.get(altered), 400, "sign-in-not-begun")


async def test_an_altered_cookie_is_refused(visitor: Visitor) -> None:
    answer = await visitor.answer_of(await visitor.to_provider())
    head, content, signature = visitor.client.cookies[attempts.COOKIE].split(".")
    visitor.client.cookies.clear()
    visitor.client.cookies.set(attempts.COOKIE, f"{head}.{content[:-2]}AA.{signature}")
    assert_refused(await visitor.client.get(answer), 400, "sign-in-not-begun")


async def test_a_session_is_no_attempt_and_an_attempt_no_session(
    visitor: Visitor, oidc_settings: Settings
) -> None:
    answer = await visitor.answer_of(await visitor.to_provider())
    attempt = visitor.client.cookies[attempts.COOKIE]
    visitor.client.cookies.clear()
    visitor.client.cookies.set(COOKIE, attempt)
    assert (await visitor.client.get("/board")).status_code == 303
    who = Principal(tenant="demo", subject="x", name="x", roles=frozenset())
    session = issue_token(who, oidc_settings.secret, lifetime=attempts.LIFETIME)
    visitor.client.cookies.set(attempts.COOKIE, session)
    assert_refused(await visitor.client.get(answer), 400, "sign-in-not-begun")


async def test_an_attempt_that_took_too_long_says_so(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "LIFETIME", -attempts.LIFETIME)
    begun = await visitor.client.get("/signin/oidc")
    monkeypatch.undo()
    cookie = re.search(f"{attempts.COOKIE}=([^;]+)", begun.headers["set-cookie"])
    assert cookie
    visitor.client.cookies.set(attempts.COOKIE, cookie[1])
    answer = await visitor.answer_of(begun.headers["location"])
    assert_refused(await visitor.client.get(answer), 400, "sign-in-expired")


async def test_programs_get_problem_details(visitor: Visitor) -> None:
    answer = await visitor.client.get("/signin/oidc/callback", headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:closedloop:problem:sign-in-not-begun"


async def test_who_has_none_of_our_roles_is_told_whom_to_ask_and_written_down(
    visitor: Visitor, provider: BentProvider, oidc_settings: Settings
) -> None:
    provider.person["groups"] = ["everybody", "frontline_owner"]
    answer = await visitor.sign_in()
    assert_refused(answer, 403, "no-role")
    assert "Ask your CX admin" in answer.text
    assert await recorded(oidc_settings) == [("provider", "no-role", "demo", "0af3", [])]


async def test_the_tenant_comes_from_a_claim_where_no_fixed_one_is_set(
    oidc_settings: Settings, provider: BentProvider
) -> None:
    claimed = oidc_settings.model_copy(
        update={"oidc_tenant": "", "oidc_tenant_claim": "org.tenant"}
    )
    async with visiting(claimed) as visitor:
        assert_refused(await visitor.sign_in(), 403, "no-tenant")
        provider.person["org"] = {"tenant": "acme"}
        assert (await visitor.sign_in()).status_code == 303
    assert (await recorded(claimed))[-1][2] == "acme"


async def test_a_session_that_was_there_before_is_replaced(
    visitor: Visitor, oidc_settings: Settings
) -> None:
    planted = issue_token(
        Principal(tenant="demo", subject="evil", name="Evil", roles=frozenset()),
        oidc_settings.secret,
        lifetime=attempts.LIFETIME,
    )
    visitor.client.cookies.set(COOKIE, planted, domain="closedloop.localhost")
    await visitor.sign_in()
    assert (await visitor.client.get("/board")).text == '"Mali Chan"'
    assert visitor.client.cookies[COOKIE] != planted


async def test_who_came_from_the_provider_signs_out_there_too(
    visitor: Visitor, provider: BentProvider
) -> None:
    await visitor.sign_in()
    page = await visitor.client.get("/signin")
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert token
    out = await visitor.client.post("/signout", data={"csrf_token": token[1]})
    assert (out.status_code, out.headers["location"]) == (303, "/signout/provider")
    assert COOKIE not in visitor.client.cookies
    left = await visitor.client.get("/signout/provider")
    place = f"{provider.issuer}/leave?client_id={CLIENT_ID}&amp;post_logout_redirect_uri="
    assert f'content="0; url={place}' in left.text


async def test_nothing_secret_is_logged(
    visitor: Visitor, provider: BentProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await visitor.answer_of(await visitor.to_provider())
    code = parse_qs(urlsplit(answer).query)["code"][0]
    before = len(caplog.text)
    await visitor.client.get(answer)
    ours = "".join(r.getMessage() for r in caplog.records if r.name.startswith("shared"))
    wire = [r for r in caplog.records if r.name in {"httpx", "httpcore"} and "/token" in str(r)]
    assert len(caplog.text) > before
    for secret in (code, CLIENT_SECRET, "the access token"):
        assert secret not in ours
        assert all(secret not in record.getMessage() for record in wire)


async def test_without_a_provider_its_pages_are_not_there(local_settings: Settings) -> None:
    async with visiting(local_settings) as visitor:
        for path in ("/signin/oidc", "/signin/oidc/callback", "/signout/provider"):
            assert (await visitor.client.get(path)).status_code == 404


async def test_what_is_written_down_cannot_be_changed(
    visitor: Visitor, oidc_settings: Settings
) -> None:
    await visitor.sign_in()
    connection = await asyncpg.connect(
        oidc_settings.database_url, server_settings={"role": "closedloop_web"}
    )
    for change in (
        "UPDATE web.sign_in SET subject = 'nobody'",
        "DELETE FROM web.sign_in",
        "TRUNCATE web.sign_in",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
    await connection.close()


async def test_many_at_once_each_sign_in(oidc_settings: Settings) -> None:
    app = bare_app(oidc_settings)
    async with app.router.lifespan_context(app):

        async def one() -> int:
            transport = ASGITransport(app=app)
            async with AsyncClient(transport=transport, base_url=HOME) as client:
                return (await Visitor(client).sign_in()).status_code

        assert await asyncio.gather(*(one() for _ in range(10))) == [303] * 10
