"""Settings of a sign-in provider that cannot work stop the app at its start."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web.loopback import is_loopback
from shared.web.oidc.config import config_of

GOOD: dict[str, Any] = {
    "DATABASE_URL": "postgresql://nowhere",
    "KAFKA_BOOTSTRAP_SERVERS": "nowhere:1",
    "public_url": "https://loop.example/",
    "oidc_issuer": "https://sso.example/realms/acme",
    "oidc_client_id": "closedloop",
    "oidc_tenant": "acme",
}


def settings(**changes: str) -> Settings:
    return Settings.model_validate(GOOD | changes)


def test_people_come_back_to_our_public_address() -> None:
    config = config_of(settings(oidc_roles='{"agents": "frontline_owner"}'))
    assert config
    assert config.redirect_uri == "https://loop.example/signin/oidc/callback"
    assert config.host == "sso.example"
    assert config.claims.roles == {"agents": "frontline_owner"}


def test_without_a_map_the_provider_uses_our_names_of_roles() -> None:
    config = config_of(settings())
    assert config
    assert config.claims.roles["team_lead"] == "team_lead"


def test_without_an_issuer_nobody_signs_in_with_a_provider() -> None:
    assert config_of(settings(oidc_issuer="")) is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"oidc_issuer": "http://sso.example"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "sso.example"}, "OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_scopes": "profile"}, "OIDC_SCOPES"),
        ({"oidc_tenant": ""}, "OIDC_TENANT"),
        ({"oidc_tenant_claim": "org"}, "OIDC_TENANT"),
        ({"oidc_tenant": "Acme"}, "OIDC_TENANT"),
        ({"oidc_roles": '{"agents": "boss"}'}, "OIDC_ROLES"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        config_of(settings(**changes))
    assert "sign-in.md" in refused.value.remedy


def test_the_client_s_secret_is_shown_to_nobody() -> None:
    config = config_of(settings(oidc_client_secret="hush hush"))
    assert "hush" not in repr(config)
    assert "hush" not in repr(settings(oidc_client_secret="hush hush"))


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.8.9.1", True),
        ("[::1]", True),
        ("localhost.evil.example", False),
        ("10.0.0.1", False),
        ("192.168.1.7", False),
        ("", False),
    ],
)
def test_only_what_leads_to_this_machine_is_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here
