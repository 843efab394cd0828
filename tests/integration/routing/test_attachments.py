"""Files of cases: added once, read by those who may, gone with the customer's words."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.domain.attachments import MOST_FILES
from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.promised import customer_of
from tests.integration.routing.test_followups_api import path_of, problem

PHOTO = bytes(range(256)) * 8
LIST = f"{path_of(1)}/attachments"


async def add(
    client: AsyncClient,
    version: int | None,
    name: str = "ຮູບ 1.jpg",
    content: bytes = PHOTO,
    key: str = "",
) -> Response:
    match = {} if version is None else {"If-Match": f'"{version}"'}
    return await client.post(
        LIST,
        files={"file": (name, content, "image/jpeg")},
        data={"note": "The broken hinge."},
        headers={**match, "Idempotency-Key": key},
    )


async def files(client: AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(LIST)).json()["items"]
    return items


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1."""
    await opened(worker_pool, [scored(1)])
    return call("mali")


async def test_a_file_is_a_change_of_the_case_and_comes_back_to_the_byte(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    added = await add(mali, 1)
    assert added.status_code == 201, added.text
    assert added.headers["ETag"] == '"2"'
    (file,) = await files(mali)
    assert file == added.json()["attachment"]
    assert (file["name"], file["size"], file["by"]) == ("ຮູບ 1.jpg", len(PHOTO), "mali")
    assert file["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    read = await mali.get(f"{LIST}/{file['attachment_id']}")
    assert read.content == PHOTO
    assert read.headers["content-type"] == "application/octet-stream"
    assert read.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E0%BA%AE")
    assert "sandbox" in read.headers["content-security-policy"]
    assert read.headers["x-content-type-options"] == "nosniff"
    history = (await mali.get(f"{path_of(1)}/history")).json()["items"]
    assert (history[1]["change"], history[1]["note"]) == ("attached", "The broken hinge.")
    message = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE version = 2"
    )
    assert FollowUpChanged.model_validate_json(message).data.change == "attached"


async def test_it_takes_the_version_and_a_repeat_adds_nothing(mali: AsyncClient) -> None:
    problem(await add(mali, None), 428, "version-needed")
    problem(await add(mali, 7), 412, "stale-version")
    first = await add(mali, 1, key="one")
    again = await add(mali, 1, key="one")
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(await add(mali, 1, content=b"other", key="one"), 422, "key-reused")
    assert len(await files(mali)) == 1


async def test_what_can_not_be_kept_is_refused_and_changes_nothing(mali: AsyncClient) -> None:
    told = problem(await add(mali, 1, content=b""), 422, "invalid")
    assert (told["field"], told["detail"]) == ("file", "ຮູບ 1.jpg is empty: choose another.")
    problem(await add(mali, 1, content=bytes(10 * 2**20 + 1)), 422, "invalid")
    assert (await add(mali, 1, content=bytes(11 * 2**20))).status_code == 413
    assert await files(mali) == []
    for version in range(1, 1 + MOST_FILES):
        assert (await add(mali, version)).status_code == 201
    told = problem(await add(mali, 1 + MOST_FILES), 422, "invalid")
    assert "20 files" in told["detail"]


async def test_another_tenant_sees_none_and_a_reader_adds_none(
    mali: AsyncClient, call: Caller
) -> None:
    file = (await add(mali, 1)).json()["attachment"]["attachment_id"]
    other = call("vilay", "team_lead", OTHER_TENANT)
    assert (await other.get(LIST)).status_code == 404
    assert (await other.get(f"{LIST}/{file}")).status_code == 404
    assert (await add(other, 2)).status_code == 404
    assert (await mali.get(f"{LIST}/{UUID(int=7)}")).status_code == 404
    reader = call("nobody")
    assert (await reader.get(f"{LIST}/{file}")).content == PHOTO
    assert (await add(reader, 2)).status_code == 403


async def test_nobody_changes_a_file(mali: AsyncClient, settings: Settings) -> None:
    await add(mali, 1)
    for change in (
        "UPDATE routing.attachment SET content = 'other'",
        "DELETE FROM routing.attachment",
    ):
        async with await create_pool(settings.database_url, role="closedloop_routing_api") as pool:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with tenant_transaction(pool, TENANT) as connection:
                    await connection.execute(change)


async def test_files_go_with_their_customers_words(
    app: FastAPI, mali: AsyncClient, worker_pool: Pool
) -> None:
    file = (await add(mali, 1)).json()["attachment"]["attachment_id"]
    async with calling(app) as browser:
        await customer_of(app, browser).press("erase")
    (kept,) = await files(mali)
    assert (kept["name"], kept["sha256"], kept["size"]) == ("", "", len(PHOTO))
    assert kept["erased_at"]
    assert (await mali.get(f"{LIST}/{file}")).status_code == 404
    assert await worker_pool.fetchval("SELECT octet_length(content) FROM routing.attachment") == 0
