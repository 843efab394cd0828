"""Signing in with a provider that may be away, wrong or hostile."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web import site
from shared.web.auth import COOKIE, Principal, issue_token
from shared.web.oidc import attempt as attempts
from tests.integration.web.conftest import bare_app
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, BentProvider, new_key
from tests.support.serving import served

HOME = "https://closedloop.localhost"
MALI = {
    "sub": "0af3",
    "preferred_username": "mali",
    "name": "Mali Chan",
    "groups": ["everybody", "cx/agents"],
}


@pytest.fixture
def provider() -> Iterator[BentProvider]:
    provider = BentProvider(person=dict(MALI))
    with served(provider.app()) as address:
        provider.issuer = address
        yield provider


@pytest.fixture
def oidc_settings(local_settings: Settings, provider: BentProvider) -> Settings:
    return local_settings.model_copy(
        update={
            "mode": "production",
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_roles_claim": "groups",
            "oidc_roles": {"cx/agents": "frontline_owner", "cx/leads": "team_lead"},
            "oidc_tenant": "demo",
        }
    )


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser on our site, which can walk over to the provider."""

    client: AsyncClient

    async def to_provider(self, target: str = "/board") -> str:
        """Begin, and return the provider's address for this attempt."""
        sent = await self.client.get("/signin/oidc", params={"next": target})
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    async def answer_of(self, address: str) -> str:
        """Sign in at the provider and return the path that it sends back to."""
        async with httpx.AsyncClient() as outside:
            place = urlsplit((await outside.get(address)).headers["location"])
        assert f"{place.scheme}://{place.netloc}" == HOME
        return f"{place.path}?{place.query}"

    async def sign_in(self, target: str = "/board") -> httpx.Response:
        """Go all the way."""
        return await self.client.get(await self.answer_of(await self.to_provider(target)))


Visit = Callable[[Settings], AbstractAsyncContextManager[Visitor]]


@asynccontextmanager
async def visiting(settings: Settings) -> AsyncIterator[Visitor]:
    app = bare_app(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app=app, raise_app_exceptions=False),
            base_url=HOME,
            headers={"Accept": "text/html"},
        ) as client,
    ):
        yield Visitor(client)


@pytest.fixture
async def visitor(oidc_settings: Settings) -> AsyncIterator[Visitor]:
    async with visiting(oidc_settings) as one:
        yield one


async def recorded(settings: Settings) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(settings.database_url)
    rows = await connection.fetch(
        "SELECT how, refused, tenant, subject, roles FROM web.sign_in ORDER BY id"
    )
    await connection.close()
    return [tuple(row) for row in rows]


def assert_refused(answer: httpx.Response, status: int, slug: str) -> None:
    """Check that a page says why, and that nobody is signed in."""
    assert (answer.status_code, slug in answer.text) == (status, True), answer.text
    assert COOKIE not in answer.cookies


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


@pytest.mark.parametrize("issuer", ["https://other.example", "", None])
async def test_the_answer_of_another_provider_is_refused(
    visitor: Visitor, provider: BentProvider, issuer: str | None
) -> None:
    provider.bend_callback = {"iss": issuer}
    assert_refused(await visitor.sign_in(), 400, "other-provider")


async def test_a_provider_that_does_not_name_itself_may_leave_it_out_but_not_lie(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.bend_metadata = {"authorization_response_iss_parameter_supported": False}
    provider.bend_callback = {"iss": "https://other.example"}
    assert_refused(await visitor.sign_in(), 400, "other-provider")
    provider.bend_callback = {"iss": None}
    assert (await visitor.sign_in()).status_code == 303


@pytest.mark.parametrize(
    ("bend", "named"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://other.example"}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "azp"),
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"iat": int(time.time()) + 3600}, "iat"),
        ({"at_hash": "AAAA"}, "at_hash"),
        ({"sub": None}, "sub"),
    ],
)
async def test_an_id_token_that_is_not_for_this_attempt_is_refused(
    visitor: Visitor, provider: BentProvider, bend: dict[str, Any], named: str
) -> None:
    provider.bend_token = bend
    answer = await visitor.sign_in()
    assert_refused(answer, 502, "provider-unusable")
    assert named in answer.text


async def test_clocks_may_differ_by_a_minute(visitor: Visitor, provider: BentProvider) -> None:
    provider.bend_token = {"exp": int(time.time()) - 30}
    assert (await visitor.sign_in()).status_code == 303


async def test_an_id_token_that_another_key_signed_is_refused(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.signs_with = new_key()
    assert_refused(await visitor.sign_in(), 502, "provider-unusable")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_an_id_token_without_a_key_s_signature_is_refused(
    visitor: Visitor, provider: BentProvider, algorithm: str
) -> None:
    provider.bend_algorithm = algorithm
    answer = await visitor.sign_in()
    assert_refused(answer, 502, "provider-unusable")
    assert "signature" in answer.text


async def test_a_provider_that_changed_its_keys_is_asked_for_them_again(
    visitor: Visitor, provider: BentProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.web.oidc.provider._KEYS_LIVE_AT_LEAST_S", 0.0)
    assert (await visitor.sign_in()).status_code == 303
    provider.key = new_key()
    assert (await visitor.sign_in()).status_code == 303
    assert provider.keys_fetched == 2


async def test_strange_tokens_do_not_make_us_fetch_the_keys_each_time(
    visitor: Visitor, provider: BentProvider
) -> None:
    assert (await visitor.sign_in()).status_code == 303
    provider.signs_with = new_key()
    for _ in range(3):
        assert_refused(await visitor.sign_in(), 502, "provider-unusable")
    assert provider.keys_fetched == 1


async def test_a_code_that_the_provider_does_not_know_is_refused(visitor: Visitor) -> None:
    answer = await visitor.answer_of(await visitor.to_provider())
    injected = re.sub(r"code=[^&]+", "code=stolen", answer)
    assert_refused(await visitor.client.get(injected), 400, "code-refused")


async def test_a_code_stolen_for_another_attempt_fails_at_its_challenge(
    visitor: Visitor, provider: BentProvider
) -> None:
    stolen = parse_qs(urlsplit(await visitor.answer_of(await visitor.to_provider())).query)["code"]
    answer = await visitor.answer_of(await visitor.to_provider())
    injected = re.sub(r"code=[^&]+", f"code={stolen[0]}", answer)
    assert_refused(await visitor.client.get(injected), 400, "code-refused")


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        ("access_denied", 400, "consent-refused"),
        ("temporarily_unavailable", 503, "provider-away"),
        ("invalid_scope", 400, "provider-refused"),
        ("<script>alert(1)</script>", 400, "provider-refused"),
        (None, 400, "no-code"),
    ],
)
async def test_what_the_provider_refuses_has_a_page_of_its_own(
    visitor: Visitor, provider: BentProvider, error: str | None, status: int, slug: str
) -> None:
    provider.bend_callback = {"code": None, "error": error}
    answer = await visitor.sign_in()
    assert_refused(answer, status, slug)
    assert "<script>alert" not in answer.text


async def test_programs_get_problem_details(visitor: Visitor) -> None:
    answer = await visitor.client.get("/signin/oidc/callback", headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:closedloop:problem:sign-in-not-begun"


async def test_a_provider_that_is_away_is_waited_for(oidc_settings: Settings) -> None:
    nowhere = oidc_settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    async with visiting(nowhere) as visitor:
        answer = await visitor.client.get("/signin/oidc")
        assert_refused(answer, 503, "provider-away")
        assert answer.headers["retry-after"] == "10"


@pytest.mark.parametrize(
    "bend",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"jwks_uri": None},
    ],
)
async def test_metadata_that_leads_elsewhere_is_not_followed(
    visitor: Visitor, provider: BentProvider, bend: dict[str, Any]
) -> None:
    provider.bend_metadata = bend
    assert_refused(await visitor.client.get("/signin/oidc"), 502, "provider-unusable")


@pytest.mark.parametrize(
    ("answer", "status", "slug"),
    [
        (PlainTextResponse("oops", 500), 503, "provider-away"),
        (PlainTextResponse("not JSON"), 502, "provider-unusable"),
        (JSONResponse({"access_token": "a"}), 502, "provider-unusable"),
        (JSONResponse({"access_token": "a", "id_token": "a.b.c"}), 502, "provider-unusable"),
        (PlainTextResponse("", 302, {"Location": "/elsewhere"}), 502, "provider-unusable"),
    ],
)
async def test_an_answer_that_makes_no_sense_signs_nobody_in(
    visitor: Visitor, provider: BentProvider, answer: Response, status: int, slug: str
) -> None:
    provider.bend_answer = answer
    assert_refused(await visitor.sign_in(), status, slug)


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


async def test_claims_that_the_id_token_leaves_out_are_asked_for(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.userinfo = {"groups": provider.person.pop("groups"), "sub": "0af3"}
    assert (await visitor.sign_in()).status_code == 303
    provider.userinfo["sub"] = "somebody else"
    assert_refused(await visitor.sign_in(), 502, "provider-unusable")


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


async def test_a_provider_without_a_sign_out_is_not_gone_to(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.bend_metadata = {"end_session_endpoint": None}
    answer = await visitor.client.get("/signout/provider")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")


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


@pytest.mark.parametrize("address", ["https://loop.example", "http://192.168.1.7:8080"])
def test_one_click_sign_in_is_not_started_where_others_reach_it(
    local_settings: Settings, address: str
) -> None:
    exposed = local_settings.model_copy(update={"public_url": address})
    with pytest.raises(SettingsError, match="CLOSEDLOOP_MODE is local"):
        site.install(FastAPI(), exposed)


async def test_one_click_sign_in_is_for_browsers_on_this_machine(local_settings: Settings) -> None:
    who = {"who": "demo/mali/frontline_owner"}
    app = bare_app(local_settings)
    async with app.router.lifespan_context(app):
        for client, host in (("192.168.1.7", "localhost"), ("127.0.0.1", "evil.example")):
            transport = ASGITransport(app=app, client=(client, 1))
            async with AsyncClient(transport=transport, base_url=f"https://{host}") as visitor:
                assert (await visitor.post("/signin", data=who)).status_code == 403


async def test_many_at_once_each_sign_in(oidc_settings: Settings) -> None:
    app = bare_app(oidc_settings)
    async with app.router.lifespan_context(app):

        async def one() -> int:
            transport = ASGITransport(app=app)
            async with AsyncClient(transport=transport, base_url=HOME) as client:
                return (await Visitor(client).sign_in()).status_code

        assert await asyncio.gather(*(one() for _ in range(10))) == [303] * 10
