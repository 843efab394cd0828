"""`closedloop token` prints what the APIs and the sign-in page accept."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli.token import principal_of, token
from shared.errors import SettingsError
from shared.web.auth import read_token

SECRET = "a secret for tests, long enough to sign with"
MALI = ["--tenant", "demo", "--subject", "mali", "--role", "frontline_owner"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere:1")
    monkeypatch.setenv("CLOSEDLOOP_SECRET", SECRET)
    monkeypatch.setenv("CLOSEDLOOP_PUBLIC_URL", "https://loop.example/")
    app = typer.Typer()
    app.command()(token)
    return app


def test_the_token_printed_is_one_that_the_apis_accept(command: typer.Typer) -> None:
    printed = CliRunner().invoke(command, MALI).stdout.strip()
    found = read_token(printed, SECRET).principal
    assert (found.tenant, found.subject) == ("demo", "mali")
    assert found.roles == {"frontline_owner"}


def test_the_link_printed_leads_to_the_sign_in_page(command: typer.Typer) -> None:
    printed = json.loads(CliRunner().invoke(command, [*MALI, "--link", "--json"]).stdout)
    address, _, made = printed["link"].rpartition("/")
    assert address == "https://loop.example/signin/link"
    assert read_token(made, SECRET, purpose="closedloop:sign-in").principal.subject == "mali"


@pytest.mark.parametrize(
    ("tenant", "subject", "role", "named"),
    [
        ("Demo", "mali", "frontline_owner", "--tenant"),
        ("demo", " ", "frontline_owner", "--subject"),
        ("demo", "mali", "boss", "--role"),
    ],
)
def test_what_can_be_nobody_is_refused_by_option(
    tenant: str, subject: str, role: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        principal_of(tenant, subject, [role], "")
