"""Who else has a case open: seen by every app of the tenant, and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from httpx import AsyncClient, Response

from services.routing.app import create_app
from services.routing.domain.presence import GONE_AFTER
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened, token
from tests.integration.routing.promised import followup_id
from tests.integration.routing.test_drafts import typed
from tests.integration.routing.test_followups_api import patch

NOY = "<strong>Noy</strong> has it open, too"


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1."""
    await opened(worker_pool, [scored(1), scored(2)])
    return call("mali")


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection that sees every row."""
    every_row = await asyncpg.connect(database_url)
    yield every_row
    await every_row.close()


async def beat(client: AsyncClient, number: int = 1, version: int = 1) -> Response:
    place = f"/inbox/{followup_id(number)}/here"
    answer = await client.post(place, data={"version": version})
    assert answer.status_code == 200, answer.text
    return answer


async def test_another_app_tells_of_who_is_here_and_of_who_writes(
    mali: AsyncClient, settings: Settings
) -> None:
    other = create_app(settings)
    async with other.router.lifespan_context(other), calling(other) as noy:
        noy.headers["Authorization"] = f"Bearer {token(settings, 'noy')}"
        assert "has it open" not in (await beat(noy)).text
        shown = (await beat(mali)).text
        assert NOY in shown
        assert "is writing" not in shown
        await typed(noy, "reply", {"text": "Sorry"})
        shown = (await beat(mali)).text
        assert "and is writing" in shown
        assert "Sorry" not in shown
    assert "has it open" not in (await beat(mali, 2)).text


async def test_whoever_is_silent_is_gone_and_comes_anew(
    mali: AsyncClient, call: Caller, connection: asyncpg.Connection
) -> None:
    await beat(call("noy"))
    longer = GONE_AFTER + timedelta(seconds=1)
    await connection.execute("UPDATE routing.presence SET seen_at = seen_at - $1::interval", longer)
    assert "has it open" not in (await beat(call("mali"))).text
    left = await connection.fetchval("SELECT array_agg(person) FROM routing.presence")
    assert left == ["mali"]
    await beat(call("noy"))
    assert NOY in (await beat(call("mali"))).text


async def test_another_tenant_sees_nobody_and_finds_no_case(
    mali: AsyncClient, call: Caller
) -> None:
    await beat(mali)
    for tenant, case in ((OTHER_TENANT, followup_id(1)), ("demo", uuid4())):
        client = call("noy", tenant=tenant)
        answer = await client.post(f"/inbox/{case}/here", data={"version": 1})
        assert answer.status_code == 404


async def test_a_page_learns_that_its_case_has_changed(mali: AsyncClient) -> None:
    assert "It was changed" not in (await beat(mali)).text
    changed = await patch(mali, 1, 1, {"note": "Called."})
    assert changed.status_code == 200, changed.text
    assert "It was changed since you opened it" in (await beat(mali)).text
    assert "It was changed" not in (await beat(mali, version=2)).text
