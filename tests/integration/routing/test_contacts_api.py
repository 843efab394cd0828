"""/followups/v1/followups/{id}/contacts: attempts to reach a customer, kept for good."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from httpx import AsyncClient, Response

from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.test_followups_api import patch, path_of, problem

NO_ANSWER = {"channel": "phone", "outcome": "no_answer"}


async def log(
    client: AsyncClient, version: int | None, body: object = None, **headers: str
) -> Response:
    match = {} if version is None else {"If-Match": f'"{version}"'}
    return await client.post(
        f"{path_of(1)}/contacts", json=body or NO_ANSWER, headers={**match, **headers}
    )


async def contacts(client: AsyncClient) -> dict[str, Any]:
    answer = await client.get(f"{path_of(1)}/contacts")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1."""
    await opened(worker_pool, [scored(1)])
    return call("mali")


async def test_the_first_contact_acknowledges_and_begins_contacting(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    logged = await log(mali, 1, {**NO_ANSWER, "note": "Rang for a minute."})
    assert logged.status_code == 201, logged.text
    assert logged.headers["ETag"] == '"3"'
    assert logged.json()["followup"]["state"] == "contacting"
    found = await contacts(mali)
    assert found["items"] == [logged.json()["contact"]]
    assert found["items"][0] | {"at": ""} == {
        "version": 3,
        "channel": "phone",
        "outcome": "no_answer",
        "at": "",
        "by": "mali",
        "by_name": "Mali",
        "note": "Rang for a minute.",
    }
    history = (await mali.get(f"{path_of(1)}/history")).json()["items"]
    assert [one["change"] for one in history] == ["opened", "acknowledged", "contacted"]
    assert [one["note"] for one in history] == [None, None, "Rang for a minute."]
    steps = {one["step"]: one["done"] for one in logged.json()["followup"]["sla"]["steps"]}
    assert steps["resolve"] is False
    message = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE version = 3"
    )
    event = FollowUpChanged.model_validate_json(message).data
    assert event.contact
    assert (event.contact.channel, event.contact.outcome) == ("phone", "no_answer")
    assert "Rang" not in message


async def test_unreachable_takes_the_attempts_that_the_program_asks_for(mali: AsyncClient) -> None:
    await log(mali, 1)
    early = problem(await patch(mali, 1, 3, {"state": "unreachable"}), 409, "conflict")
    assert "1 of 2 attempts, on 1 of 1 day" in early["detail"]
    assert (await contacts(mali))["unreachable"] == {
        "allowed": False,
        "attempts": 1,
        "attempts_needed": 2,
        "days": 1,
        "days_needed": 1,
    }
    await log(mali, 3)
    assert (await contacts(mali))["unreachable"]["allowed"] is True
    assert (await patch(mali, 1, 4, {"state": "unreachable"})).status_code == 200
    assert (await patch(mali, 1, 5, {"state": "contacting"})).status_code == 200
    problem(await patch(mali, 1, 6, {"state": "unreachable"}), 409, "conflict")


async def test_a_repeat_under_one_key_is_logged_once(mali: AsyncClient) -> None:
    first = await log(mali, 1, **{"Idempotency-Key": "k"})
    again = await log(mali, 1, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = {"channel": "mail", "outcome": "reached"}
    problem(await log(mali, 1, other, **{"Idempotency-Key": "k"}), 422, "key-reused")
    assert len((await contacts(mali))["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "pigeon", "outcome": "reached"}, "channel"),
        ({"channel": "phone"}, "outcome"),
        ({"channel": "phone", "outcome": "sent"}, "outcome"),
        ({**NO_ANSWER, "note": "nul \x00"}, "note"),
        ({**NO_ANSWER, "at": "2026-01-01T00:00:00Z"}, "at"),
    ],
)
async def test_what_is_wrong_with_a_contact_is_named(
    mali: AsyncClient, body: object, field: str
) -> None:
    told = problem(await log(mali, 1, body), 422, "invalid")
    assert told["field"].endswith(field)
    assert (await contacts(mali))["items"] == []


async def test_a_version_has_to_be_named_and_to_be_the_present_one(mali: AsyncClient) -> None:
    problem(await log(mali, None), 428, "version-needed")
    problem(await log(mali, 7), 412, "stale-version")


async def test_only_who_works_on_it_logs_contacts(mali: AsyncClient, call: Caller) -> None:
    problem(await log(call("noy"), 1), 403, "forbidden")
    problem(await log(call("ana", "auditor"), 1), 403, "forbidden")
    other = call("mali", tenant=OTHER_TENANT)
    problem(await log(other, 1), 404, "not-found")
    problem(await other.get(f"{path_of(1)}/contacts"), 404, "not-found")
    assert (await contacts(call("noy")))["items"] == []


async def test_nobody_can_change_or_delete_an_attempt(
    mali: AsyncClient, settings: Settings
) -> None:
    await log(mali, 1)
    async with await create_pool(settings.database_url, role="closedloop_routing_api") as pool:
        for statement in (
            "UPDATE routing.contact_attempt SET outcome = 'reached'",
            "DELETE FROM routing.contact_attempt",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with tenant_transaction(pool, "demo") as connection:
                    await connection.execute(statement)
        async with tenant_transaction(pool, OTHER_TENANT) as connection:
            assert await connection.fetchval("SELECT count(*) FROM routing.contact_attempt") == 0
