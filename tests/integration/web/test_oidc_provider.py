"""Signing in with a provider that may be away, wrong or hostile."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.settings import Settings
from tests.integration.web.visiting import (
    Visitor,
    assert_refused,
    visiting,
)
from tests.support.oidc import CLIENT_ID, BentProvider, new_key


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


async def test_claims_that_the_id_token_leaves_out_are_asked_for(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.userinfo = {"groups": provider.person.pop("groups"), "sub": "0af3"}
    assert (await visitor.sign_in()).status_code == 303
    provider.userinfo["sub"] = "somebody else"
    assert_refused(await visitor.sign_in(), 502, "provider-unusable")


async def test_a_provider_without_a_sign_out_is_not_gone_to(
    visitor: Visitor, provider: BentProvider
) -> None:
    provider.bend_metadata = {"end_session_endpoint": None}
    answer = await visitor.client.get("/signout/provider")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
