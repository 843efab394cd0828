"""Publishers and their keys in a real PostgreSQL."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from services.ingest.adapters.keyring import REMEMBERED_FOR_S, Keyring
from services.ingest.bootstrap import open_intake, open_publishers
from services.ingest.domain.publisher import Publisher
from services.ingest.errors import (
    InvalidPublisherError,
    PublisherExistsError,
    UnknownPublisherError,
)
from services.ingest.handlers import add_publisher, list_publishers, revoke_publisher
from shared.settings import Settings


async def test_a_key_opens_the_door_for_its_tenant_alone(without_topics: Settings) -> None:
    async with open_publishers(without_topics) as publishers, open_intake(without_topics) as intake:
        key = await add_publisher(publishers, "demo", "shop")
        other = await add_publisher(publishers, "rival", "shop")
        assert await intake.keyring.publisher_of(key) == Publisher(tenant="demo", name="shop")
        assert await intake.keyring.publisher_of(other) == Publisher(tenant="rival", name="shop")
        assert await intake.keyring.publisher_of(key[:-1]) is None


async def test_a_revoked_key_is_refused_once_it_is_no_longer_remembered(
    without_topics: Settings,
) -> None:
    now = 0.0
    async with open_publishers(without_topics) as publishers, open_intake(without_topics) as intake:
        keyring = Keyring(intake.pool, monotonic=lambda: now)
        key = await add_publisher(publishers, "demo", "shop")
        assert await keyring.publisher_of(key)
        await revoke_publisher(publishers, "demo", "shop")
        now = REMEMBERED_FOR_S
        assert await keyring.publisher_of(key) is None


async def test_a_key_that_works_is_asked_for_once_while_it_is_remembered(
    without_topics: Settings,
) -> None:
    async with open_publishers(without_topics) as publishers, open_intake(without_topics) as intake:
        key = await add_publisher(publishers, "demo", "shop")
        assert await intake.keyring.publisher_of(key)
        await intake.pool.close()
        assert await intake.keyring.publisher_of(key)


async def test_a_name_is_taken_while_its_key_works_and_free_afterwards(
    without_topics: Settings,
) -> None:
    async with open_publishers(without_topics) as publishers:
        first = await add_publisher(publishers, "demo", "shop")
        with pytest.raises(PublisherExistsError):
            await add_publisher(publishers, "demo", "shop")
        await revoke_publisher(publishers, "demo", "shop")
        assert await add_publisher(publishers, "demo", "shop") != first
        listed = await list_publishers(publishers, "demo")
        assert [one.revoked_at is None for one in listed] == [False, True]


async def test_the_list_can_be_of_one_tenant_or_of_all(without_topics: Settings) -> None:
    async with open_publishers(without_topics) as publishers:
        for tenant in ("demo", "rival"):
            await add_publisher(publishers, tenant, "shop")
        assert [one.tenant for one in await list_publishers(publishers, None)] == ["demo", "rival"]
        assert [one.tenant for one in await list_publishers(publishers, "rival")] == ["rival"]


async def test_a_publisher_that_is_not_there_can_not_be_revoked(without_topics: Settings) -> None:
    async with open_publishers(without_topics) as publishers:
        with pytest.raises(UnknownPublisherError):
            await revoke_publisher(publishers, "demo", "shop")


async def test_a_tenant_or_name_that_can_not_be_stored_is_refused(without_topics: Settings) -> None:
    unusable = (("Demo Ltd", "s"), ("", "s"), ("demo", ""), ("demo", "a\0b"), ("demo", "x" * 201))
    async with open_publishers(without_topics) as publishers:
        for tenant, name in unusable:
            with pytest.raises(InvalidPublisherError):
                await add_publisher(publishers, tenant, name)


async def test_the_database_holds_no_key(without_topics: Settings) -> None:
    async with open_publishers(without_topics) as publishers:
        key = await add_publisher(publishers, "demo", "shop")
    connection = await asyncpg.connect(without_topics.database_url)
    try:
        row = str(await connection.fetchrow("SELECT publisher::text FROM ingest.publisher"))
    finally:
        await connection.close()
    assert key not in row
    assert key.encode().hex() not in row


async def test_the_apis_role_can_only_look_keys_up(without_topics: Settings) -> None:
    forbidden = (
        "SELECT created_at FROM ingest.publisher",
        "INSERT INTO ingest.publisher (tenant, name, key_hash) VALUES ('a', 'b', sha256('c'))",
        "UPDATE ingest.publisher SET revoked_at = NULL",
        "DELETE FROM ingest.publisher",
    )
    async with open_intake(without_topics) as intake:
        for statement in forbidden:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await intake.pool.execute(statement)


async def test_a_request_with_a_revoked_key_is_refused(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    async with open_publishers(settings) as publishers:
        await revoke_publisher(publishers, "demo", "survey tool")
    answer = await client.post(
        "/ingest/v1/events", content=b"{}", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401
