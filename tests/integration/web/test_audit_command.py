"""`closedloop audit sign-ins`, against a real database."""

from __future__ import annotations

import asyncio
import json

import pytest
from httpx import AsyncClient
from typer.testing import CliRunner

from deploy.cli.audit import app
from shared.settings import Settings
from shared.web import audit
from shared.web.auth import Principal, sign_in_link
from shared.web.oidc.attempt import LIFETIME

LEAD = Principal(tenant="demo", subject="vilay", name="Vilay Sing", roles=frozenset({"team_lead"}))


async def run(settings: Settings, *options: str) -> str:
    """Run the command in a thread, as it brings an event loop of its own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", settings.database_url)
        environment.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
        environment.setenv("COLUMNS", "160")
        result = await asyncio.to_thread(CliRunner().invoke, app, ["sign-ins", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_who_signed_in_and_who_was_refused_stands_in_the_record(
    browser: AsyncClient, local_settings: Settings
) -> None:
    assert "Nobody signed in" in await run(local_settings)
    await browser.post("/signin", data={"who": "demo/mali/frontline_owner"})
    link = sign_in_link(LEAD, local_settings, lifetime=LIFETIME)
    assert [(await browser.get(link)).status_code for _ in range(2)] == [303, 410]
    lines = (await run(local_settings)).splitlines()
    assert ["dead-link" in line for line in lines[1:]] == [True, False, False]
    assert "one click" in lines[3]
    refused = json.loads(await run(local_settings, "--refused", "--json"))
    assert [(one["how"], one["refused"], one["subject"]) for one in refused] == [
        ("link", "dead-link", "vilay")
    ]
    assert json.loads(await run(local_settings, "--tenant", "other", "--json")) == []


async def test_what_a_provider_calls_somebody_is_shown_as_it_is(
    browser: AsyncClient, local_settings: Settings
) -> None:
    pool = browser._transport.app.state.web_pool  # type: ignore[attr-defined]  # ours, not httpx's
    await audit.note_refused(pool, "provider", "no-role", subject="[bold]x[/bold][/oops]")
    assert "[bold]x[/bold][/oops]" in await run(local_settings)
