"""/followups/v1/webhooks: every answer that it can give."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from httpx import AsyncClient

from services.routing.adapters.outbound import Destinations
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.domain.destinations import RefusedDestinationError, allowed_by
from services.routing.domain.webhooks import MOST_ENDPOINTS
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.postgres.pool import Connection, Pool
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, PROGRAMS, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.test_followups_api import problem
from tests.integration.routing.webhooks import HOOKS, created, deliveries, do, seen
from tests.support.waiting import until

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which this machine may be told."""
    return settings.model_copy(update={"webhook_allow": "127.0.0.0/8"})


@pytest.fixture
def admin(call: Caller) -> AsyncClient:
    """Give a client that calls as the CX admin."""
    return call("ada", "cx_admin")


def path(webhook: dict[str, Any]) -> str:
    return f"{HOOKS}/{webhook['webhook_id']}"


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once(admin: AsyncClient) -> None:
    answer = await admin.post(HOOKS, json={"url": URL, "description": "Our CRM"})
    webhook = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == path(webhook)
    assert webhook["secret"].startswith("whsec_")
    assert (webhook["url"], webhook["events"]) == (URL, ["followup.*"])
    assert (webhook["state"], webhook["created_by"]) == ("enabled", "Ada")
    shown = await admin.get(path(webhook))
    assert shown.json() == {name: webhook[name] for name in webhook if name != "secret"}
    assert shown.headers["etag"] == '"1"'
    assert "whsec" not in (await admin.get(HOOKS)).text


async def test_the_secret_is_nowhere_in_the_database(admin: AsyncClient, database_url: str) -> None:
    answer = await admin.post(HOOKS, json={"url": URL}, headers={"Idempotency-Key": "k-1"})
    secret = answer.json()["secret"].removeprefix("whsec_")
    everything = await asyncpg.connect(database_url)  # as one who may read all
    for query in (
        "SELECT webhook::text AS row FROM routing.webhook",
        "SELECT idempotency::text AS row FROM routing.idempotency",
    ):
        rows = await everything.fetch(query)
        assert rows
        assert not any(secret in row["row"] or "whsec" in row["row"] for row in rows)
    await everything.close()


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "url", "required"),
        ({"url": "ftp://127.0.0.1/"}, "url", "https://"),
        ({"url": "http://10.0.0.1/"}, "url", "not a public address"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url", "not a public address"),
        ({"url": "http://[::1]:9000/"}, "url", "not a public address"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url", "not a public address"),
        ({"url": "http://no-such-host.invalid/"}, "url", "can't be found"),
        ({"url": "http://user:password@127.0.0.1/"}, "url", "password"),
        ({"url": "http://127.0.0.1/\u0000"}, "url", "ASCII"),
        ({"url": URL, "events": []}, "events", "at least 1"),
        ({"url": URL, "events": ["followup.resovled"]}, "events.0", "no event type"),
        ({"url": URL, "events": ["feedback.*"]}, "events.0", "no event type"),
        ({"url": URL, "description": "a\u0000b"}, "description", "pattern"),
        ({"url": URL, "secret": "whsec_mine"}, "secret", "not permitted"),
    ],
)
async def test_a_bad_webhook_is_refused_with_the_field(
    admin: AsyncClient, body: dict[str, Any], field: str, says: str
) -> None:
    told = problem(await admin.post(HOOKS, json=body), 422, "invalid")
    assert told["field"] == field
    assert says in told["detail"]
    assert (await admin.get(HOOKS)).json()["items"] == []


async def test_outside_local_mode_http_is_refused(settings: Settings) -> None:
    production = Destinations(allowed_by(settings.webhook_allow), https_only=True)
    with pytest.raises(RefusedDestinationError, match="https://"):
        await production.check(URL)
    await production.check("https://127.0.0.1/hook")


@pytest.mark.parametrize(
    "role", ["frontline_owner", "team_lead", "department_head", "contributor", "auditor"]
)
async def test_only_a_cx_admin_may_even_look(call: Caller, role: str) -> None:
    webhook = await created(call("ada", "cx_admin"), URL)
    other = call("mali", role)
    for method, place in [
        ("GET", HOOKS),
        ("POST", HOOKS),
        ("GET", path(webhook)),
        ("PATCH", path(webhook)),
        ("DELETE", path(webhook)),
        ("GET", f"{path(webhook)}/deliveries"),
        *[("POST", f"{path(webhook)}/{act}") for act in ("rotate", "disable", "enable")],
        *[("POST", f"{path(webhook)}/{act}") for act in ("test-events", "replays")],
    ]:
        problem(await other.request(method, place, json={}), 403, "forbidden")


async def test_another_tenants_webhook_is_like_one_that_is_not_there(call: Caller) -> None:
    theirs = await created(call("eve", "cx_admin", OTHER_TENANT), URL)
    ours = call("ada", "cx_admin")
    for webhook in (theirs, {"webhook_id": uuid4()}):
        for method, act in [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/rotate"),
            ("POST", "/disable"),
            ("POST", "/enable"),
            ("POST", "/test-events"),
            ("POST", f"/deliveries/{uuid4()}/replays"),
            ("GET", "/deliveries"),
        ]:
            answer = await ours.request(
                method,
                f"{path(webhook)}{act}",
                json={"description": "mine"} if method == "PATCH" else None,
                headers={"If-Match": '"1"'},
            )
            problem(answer, 404, "not-found")
        problem(
            await ours.post(f"{path(webhook)}/replays", json={"failed": True}), 404, "not-found"
        )
    assert (await seen(call("eve", "cx_admin", OTHER_TENANT), theirs))["version"] == 1


async def test_a_change_names_the_version_that_it_is_made_on(admin: AsyncClient) -> None:
    webhook = await created(admin, URL)
    body = {"description": "Our CRM", "events": ["followup.resolved", "followup.state.closed"]}
    problem(await admin.patch(path(webhook), json=body), 428, "version-needed")
    done = await admin.patch(path(webhook), json=body, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (done.json()["description"], done.json()["events"]) == ("Our CRM", body["events"])
    stale = await admin.patch(path(webhook), json=body, headers={"If-Match": '"1"'})
    problem(stale, 412, "stale-version")
    assert stale.headers["etag"] == '"2"'
    nothing = await admin.patch(path(webhook), json={}, headers={"If-Match": '"2"'})
    problem(nothing, 422, "invalid")
    inside = await admin.patch(
        path(webhook), json={"url": "http://192.168.1.1/"}, headers={"If-Match": '"2"'}
    )
    assert problem(inside, 422, "invalid")["field"] == "url"


async def test_a_repeat_under_a_key_gets_the_same_answer_secret_and_all(
    admin: AsyncClient,
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await admin.post(HOOKS, json={"url": URL}, headers=key)
    again = await admin.post(HOOKS, json={"url": URL}, headers=key)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await admin.post(HOOKS, json={"url": URL, "description": "x"}, headers=key)
    problem(other, 422, "key-reused")
    rotated = await do(admin, first.json(), "rotate", **{"Idempotency-Key": "k-2"})
    twice = await admin.post(
        f"{path(first.json())}/rotate", headers={"If-Match": '"1"', "Idempotency-Key": "k-2"}
    )
    assert rotated.json()["secret"] == twice.json()["secret"] != first.json()["secret"]
    assert len((await admin.get(HOOKS)).json()["items"]) == 1


async def test_a_list_comes_in_pages(admin: AsyncClient) -> None:
    made = [(await created(admin, URL, description=str(n)))["webhook_id"] for n in range(5)]
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get(HOOKS, params=params)).json()
        found += [one["webhook_id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == made
    problem(await admin.get(HOOKS, params={"cursor": "made-up"}), 400, "bad-request")


async def test_deliveries_are_listed_newest_first_in_pages_and_by_state(
    admin: AsyncClient, worker_pool: Pool
) -> None:
    webhook = await created(admin, URL)
    for number in range(1, 6):
        await opened(worker_pool, [scored(number)])
    everything = await deliveries(admin, webhook)
    assert len(everything) == 5
    assert [one["event"] for one in everything] == ["followup.opened"] * 5
    assert await deliveries(admin, webhook, state="failed") == []
    assert len(await deliveries(admin, webhook, state="pending")) == 5
    first = (await admin.get(f"{path(webhook)}/deliveries", params={"limit": "3"})).json()
    rest = await deliveries(admin, webhook, cursor=first["next"])
    assert first["items"] + rest == everything
    assert (await seen(admin, webhook))["health"]["pending"] == 5


async def test_disabled_it_is_told_nothing_and_enabled_all_that_it_has_missed(
    admin: AsyncClient, worker_pool: Pool
) -> None:
    webhook = await created(admin, URL, events=["followup.opened"])
    off = await do(admin, webhook, "disable")
    assert (off.status_code, off.json()["state"]) == (200, "disabled")
    assert off.json()["disabled_why"] == "Ada disabled it."
    assert off.json()["health"]["alarm"] is False  # somebody meant it
    async with worker_pool.acquire() as connection:
        await connection.execute("UPDATE routing.webhook SET disabled_at = '2026-11-20'")
    await opened(worker_pool, [scored(1), scored(2), scored(3, tenant=OTHER_TENANT)])
    assert await deliveries(admin, webhook) == []
    on = await do(admin, webhook, "enable")
    assert (on.json()["state"], on.json()["disabled_why"]) == ("enabled", None)
    assert len(await deliveries(admin, webhook)) == 2


async def test_enabling_waits_for_the_changes_that_are_being_written(
    admin: AsyncClient, worker_pool: Pool
) -> None:
    webhook = await created(admin, URL)
    await do(admin, webhook, "disable")
    async with worker_pool.acquire() as connection:
        async with connection.transaction():
            await open_followups(
                PostgresOpenings(connection),
                [scored(1)],
                programs=PROGRAMS,
                clock=SystemClock(),
            )
            enabling = asyncio.create_task(do(admin, webhook, "enable"))
            await until(lambda: waits_for_a_lock(connection))
        assert (await enabling).status_code == 200
    assert len(await deliveries(admin, webhook)) == 1


async def waits_for_a_lock(connection: Connection) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
    )
    return found


async def test_a_deleted_webhook_takes_what_waits_with_it(
    admin: AsyncClient, worker_pool: Pool
) -> None:
    webhook, other = await created(admin, URL), await created(admin, URL)
    await opened(worker_pool, [scored(1)])
    assert (await admin.delete(path(webhook))).status_code == 428
    gone = await admin.delete(path(webhook), headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.content) == (204, b"")
    problem(await admin.get(path(webhook)), 404, "not-found")
    left = await worker_pool.fetch("SELECT webhook_id FROM routing.delivery")
    assert [str(row["webhook_id"]) for row in left] == [other["webhook_id"]]


@pytest.mark.parametrize(
    "body",
    [{}, {"failed": True, "since": "2026-11-20T00:00:00Z"}, {"since": "2020-01-01T00:00:00Z"}],
)
async def test_a_replay_of_nothing_in_particular_is_refused(
    admin: AsyncClient, body: dict[str, Any]
) -> None:
    webhook = await created(admin, URL)
    problem(await admin.post(f"{path(webhook)}/replays", json=body), 422, "invalid")


async def test_there_are_only_so_many(admin: AsyncClient) -> None:
    for _ in range(MOST_ENDPOINTS):
        await created(admin, URL)
    told = problem(await admin.post(HOOKS, json={"url": URL}), 422, "invalid")
    assert str(MOST_ENDPOINTS) in told["detail"]


async def test_without_a_webhook_a_change_costs_one_look(
    worker_pool: Pool, admin: AsyncClient
) -> None:
    await opened(worker_pool, [scored(1)])
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.delivery") == 0


async def test_the_api_role_sees_one_tenants_rows_alone(
    call: Caller, worker_pool: Pool, settings: Settings
) -> None:
    await created(call("ada", "cx_admin"), URL)
    await created(call("eve", "cx_admin", OTHER_TENANT), URL)
    await opened(worker_pool, [scored(1), scored(2, tenant=OTHER_TENANT)])
    async with worker_pool.acquire() as connection, connection.transaction():
        await connection.execute("RESET ROLE")
        await connection.execute("SET LOCAL ROLE closedloop_routing_api")
        for query in ("SELECT tenant FROM routing.webhook", "SELECT tenant FROM routing.delivery"):
            assert await connection.fetch(query) == []
            await connection.execute("SELECT set_config('closedloop.tenant', 'demo', true)")
            rows = await connection.fetch(query)
            assert [row["tenant"] for row in rows] == ["demo"]
            await connection.execute("SELECT set_config('closedloop.tenant', '', true)")
