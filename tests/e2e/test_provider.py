"""A person signs in through an OpenID Connect provider that is not ours, in a real browser."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from deploy.local.ports import choose
from services.routing.app import create_app
from shared.settings import Settings
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.conftest import activate_programs
from tests.support.serving import served
from tests.support.waiting import until

PEOPLE = [
    {
        "sub": "mali-at-provider",
        "preferred_username": "mali",
        "name": "Mali Chan",
        "groups": ["staff", "cx-agents"],
    },
    {
        "sub": "vilay-at-provider",
        "preferred_username": "vilay",
        "name": "Vilay Sing",
        "groups": ["staff", "cx-leads"],
    },
    {
        "sub": "guest-at-provider",
        "preferred_username": "guest",
        "name": "A Guest",
        "groups": ["staff"],
    },
]
ROLES = {"cx-agents": "frontline_owner", "cx-leads": "team_lead"}


@pytest.fixture
async def issuer(tmp_path: Path) -> AsyncIterator[str]:
    """Run oidc-provider-mock as a process of its own and give its address."""
    port = choose()
    claims = [part for one in PEOPLE for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims]
    with (tmp_path / "provider.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220  (at once)
        try:
            address = f"http://127.0.0.1:{port}"
            await until(lambda: answers(f"{address}/.well-known/openid-configuration"))
            yield address
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)


async def answers(address: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(address)).is_success
        except httpx.HTTPError:
            return False


@pytest.fixture
async def settings_with_provider(settings: Settings, issuer: str) -> Settings:
    await activate_programs(settings)
    return settings.model_copy(
        update={
            "public_url": f"http://127.0.0.1:{choose()}",
            "oidc_issuer": issuer,
            "oidc_client_id": "closedloop",
            "oidc_client_secret": "a secret that the provider takes as it comes",
            "oidc_roles_claim": "groups",
            "oidc_roles": ROLES,
            "oidc_tenant": "demo",
        }
    )


@pytest.fixture
def site(settings_with_provider: Settings) -> Iterator[str]:
    """Give the address of an inbox whose people come from the provider."""
    port = int(settings_with_provider.public_url.rpartition(":")[2])
    with served(create_app(settings_with_provider), port=port) as address:
        yield address


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Give a page on which the provider's look, from a foreign host, is left out."""

    async def without_foreign_hosts(route: Route) -> None:
        here = route.request.url.startswith("http://127.0.0.1:")
        await (route.continue_() if here else route.abort())

    window = await browser.new_context(viewport={"width": 390, "height": 800})
    window.set_default_timeout(20_000)
    await window.route("**/*", without_foreign_hosts)
    yield await window.new_page()
    await window.close()


async def choose_person(page: Page, name: str) -> None:
    await page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    await page.get_by_role("button", name=name, exact=True).click()


async def test_a_person_signs_in_sees_their_roles_and_signs_out_again(
    page: Page, site: str
) -> None:
    await page.goto(f"{site}/inbox?view=mine")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await choose_person(page, "mali-at-provider")
    await page.wait_for_url(f"{site}/inbox?view=mine")
    await expect(page.locator(".who")).to_contain_text("frontline owner")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/oauth2/end_session?*")
    await page.get_by_role("button", name="End session").click()
    await page.wait_for_url(f"{site}/signin*")
    await page.goto(f"{site}/inbox")
    assert page.url.startswith(f"{site}/signin")


async def test_the_groups_at_the_provider_decide_what_somebody_may_do(
    page: Page, site: str
) -> None:
    await page.goto(f"{site}/inbox")
    await choose_person(page, "vilay-at-provider")
    await page.wait_for_url(f"{site}/inbox")
    await expect(page.locator(".who")).to_contain_text("team lead")


async def test_who_has_no_role_here_reads_why_and_whom_to_ask(page: Page, site: str) -> None:
    await page.goto(f"{site}/inbox")
    await choose_person(page, "guest-at-provider")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have no access here yet")
    await expect(page.locator("main")).to_contain_text("Ask your CX admin")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await page.goto(f"{site}/inbox")
    assert page.url.startswith(f"{site}/signin")


async def test_who_refuses_at_the_provider_comes_back_to_a_page_that_says_so(
    page: Page, site: str
) -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    await page.get_by_role("button", name="Deny").click()
    await expect(page.locator("main")).to_contain_text("refused or broken off at the provider")
