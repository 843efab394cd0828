"""Tokens of programs: bounded by scopes and roles, shown once, revoked at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import asyncpg
import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from typer.testing import CliRunner, Result

from deploy.cli.tokens import app as commands
from shared.errors import SettingsError
from shared.settings import Settings
from shared.web import site
from shared.web.auth import COOKIE, Principal, signed_in
from shared.web.tokens import PREFIX, token_hash

READER = ("--role", "frontline_owner", "--scope", "followups:read")


class Command:
    """`closedloop token …` on a test's database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, *options: str) -> Result:
        """Run it in a thread, as it brings an event loop of its own."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", self._settings.database_url)
            environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere:1")
            environment.setenv("COLUMNS", "200")
            return await asyncio.to_thread(CliRunner().invoke, commands, options)

    async def created(self, name: str, *options: str, tenant: str = "demo") -> str:
        """Return a new token."""
        made = await self("create", "--tenant", tenant, "--name", name, "--json", *options)
        assert made.exit_code == 0, made.output
        token: str = json.loads(made.stdout)["token"]
        return token


@pytest.fixture
def command(local_settings: Settings) -> Command:
    return Command(local_settings)


@pytest.fixture
def api(local_settings: Settings) -> FastAPI:
    """Give an app whose routes need an area, one scope, a role, or a person."""
    app = FastAPI()
    site.install(app, local_settings)

    @app.get("/followups")
    async def read(who: Annotated[Principal, Depends(signed_in(scope="followups"))]) -> list[str]:
        return [who.tenant, who.subject]

    @app.post("/followups")
    async def change(who: Annotated[Principal, Depends(signed_in(scope="followups"))]) -> str:
        return who.name

    @app.get("/hooks")
    async def hooks(
        who: Annotated[Principal, Depends(signed_in("cx_admin", scope="webhooks:admin"))],
    ) -> str:
        return who.name

    @app.get("/people")
    async def people(who: Annotated[Principal, Depends(signed_in())]) -> str:
        return who.name

    return app


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[AsyncClient]:
    async with (
        api.router.lifespan_context(api),
        AsyncClient(transport=ASGITransport(app=api), base_url="http://localhost") as client,
    ):
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def rows(settings: Settings, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(settings.database_url)
    found = await connection.fetch(query)
    await connection.close()
    return found


async def test_a_token_opens_what_its_scope_names_and_nothing_else(
    client: AsyncClient, command: Command
) -> None:
    reader = bearing(await command.created("reader", *READER))
    assert (await client.get("/followups", headers=reader)).json() == ["demo", "token:reader"]
    for method, path, needed in (
        ("POST", "/followups", "followups:write"),
        ("GET", "/hooks", "webhooks:admin"),
        ("GET", "/people", ""),
    ):
        answer = await client.request(method, path, headers=reader)
        assert (answer.status_code, answer.json()["type"]) == (
            403,
            "urn:closedloop:problem:insufficient-scope",
        )
        assert answer.headers["www-authenticate"].endswith(f'scope="{needed}"')


async def test_to_write_is_not_to_read(client: AsyncClient, command: Command) -> None:
    options = ("--role", "frontline_owner", "--scope", "followups:write")
    writer = bearing(await command.created("writer", *options))
    assert (await client.post("/followups", headers=writer)).status_code == 200
    assert (await client.get("/followups", headers=writer)).status_code == 403


async def test_a_scope_lends_no_role(client: AsyncClient, command: Command) -> None:
    hooks = ("--scope", "webhooks:admin", "--role")
    owner = bearing(await command.created("owner", *hooks, "frontline_owner"))
    refused = await client.get("/hooks", headers=owner)
    assert refused.status_code == 403
    assert "cx_admin" in refused.json()["detail"]
    admin = bearing(await command.created("admin", *hooks, "cx_admin"))
    assert (await client.get("/hooks", headers=admin)).status_code == 200


async def test_a_token_speaks_for_its_own_tenant(client: AsyncClient, command: Command) -> None:
    other = bearing(await command.created("reader", *READER, tenant="other"))
    await command.created("reader", *READER)
    assert (await client.get("/followups", headers=other)).json()[0] == "other"
    await command("revoke", "--tenant", "demo", "--name", "reader")
    assert (await client.get("/followups", headers=other)).status_code == 200


async def test_a_revoked_token_is_refused_from_the_next_request_on(
    client: AsyncClient, command: Command
) -> None:
    token = await command.created("reader", *READER)
    assert (await client.get("/followups", headers=bearing(token))).status_code == 200
    revoked = await command("revoke", "--tenant", "demo", "--name", "reader")
    assert revoked.exit_code == 0
    answer = await client.get("/followups", headers=bearing(token))
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["www-authenticate"]
    again = await command("revoke", "--tenant", "demo", "--name", "reader")
    assert isinstance(again.exception, SettingsError)
    assert await command.created("reader", *READER) != token


async def test_an_expired_an_altered_and_an_invented_token_are_refused(
    client: AsyncClient, command: Command, local_settings: Settings
) -> None:
    token = await command.created("reader", *READER)
    await rows(
        local_settings,
        "UPDATE web.access_token SET created_at = now() - interval '2 days',"
        " expires_at = now() - interval '1 second'",
    )
    for wrong in (token, token[:-1] + "_", PREFIX, PREFIX + "\u00e9"):
        headers = {b"Authorization": f"Bearer {wrong}".encode("latin-1")}
        assert (await client.get("/followups", headers=headers)).status_code == 401


async def test_a_token_in_the_session_s_cookie_is_no_session(
    client: AsyncClient, command: Command
) -> None:
    client.cookies.set(COOKIE, await command.created("reader", *READER))
    assert (await client.get("/followups")).status_code == 401


async def test_only_the_hash_is_kept_and_the_use_is_noted_once_an_hour(
    client: AsyncClient, command: Command, local_settings: Settings
) -> None:
    token = await command.created("reader", *READER)
    [kept] = await rows(local_settings, "SELECT * FROM web.access_token")
    assert (kept["token_hash"], kept["last_used_at"]) == (token_hash(token), None)
    assert token not in str(kept)
    seen = set()
    for _ in range(3):
        await client.get("/followups", headers=bearing(token))
        [kept] = await rows(local_settings, "SELECT last_used_at FROM web.access_token")
        seen.add(kept["last_used_at"])
    assert len(seen) == 1
    assert datetime.now(UTC) - seen.pop() < timedelta(minutes=10)


async def test_the_list_tells_what_works_and_shows_no_token(
    client: AsyncClient, command: Command
) -> None:
    assert "There are no tokens" in (await command("list")).output
    token = await command.created("reader", *READER)
    await client.get("/followups", headers=bearing(token))
    listed = (await command("list")).output
    assert "followups:read" in listed
    assert "until" in listed
    assert "never" not in listed
    assert token not in listed
    await command("revoke", "--tenant", "demo", "--name", "reader")
    assert "revoked" in (await command("list", "--tenant", "demo")).output
    [one] = json.loads((await command("list", "--json")).stdout)
    assert (one["name"], one["scopes"]) == ("reader", ["followups:read"])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--role", "boss", "--scope", "followups:read"), "--role"),
        (("--role", "auditor", "--scope", "followups:all"), "--scope"),
        (("--role", "auditor", "--scope", "followups:read", "--tenant", "Demo"), "--tenant"),
        (("--role", "auditor", "--scope", "followups:read", "--name", "a\x00"), "--name"),
        ((*READER, "--name", "twice"), "closedloop token revoke"),
    ],
)
async def test_what_cannot_be_made_is_refused_by_option(
    command: Command, options: tuple[str, ...], named: str
) -> None:
    await command.created("twice", *READER)
    made = await command("create", "--tenant", "demo", "--name", "x", *options)
    assert isinstance(made.exception, SettingsError)
    assert named in str(made.exception)


async def test_the_api_s_document_names_the_scope_of_each_operation(api: FastAPI) -> None:
    document: dict[str, Any] = api.openapi()
    needed = {
        (path, method): operation["security"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert needed == {
        ("/followups", "get"): [{"token": ["followups:read"]}],
        ("/followups", "post"): [{"token": ["followups:write"]}],
        ("/hooks", "get"): [{"token": ["webhooks:admin"]}],
        ("/people", "get"): [{"token": []}],
    }
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert api.openapi() == document
