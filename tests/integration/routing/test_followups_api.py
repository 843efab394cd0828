"""/followups/v1: every answer that it can give."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from kafka import KafkaConsumer

from shared.contracts.events import FollowUpChanged
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, event_id, scored
from tests.integration.routing.conftest import Caller, calling, opened, token
from tests.support.waiting import until

LIST = "/followups/v1/followups"
SOLVED = {
    "root_cause": {"what": "late", "why": "carrier"},
    "action_taken": "Sent a new one and paid the fee back.",
}


HOW_MANY = """
    SELECT ARRAY[(SELECT count(*) FROM routing.followup),
                 (SELECT count(*) FROM routing.followup_change)]
"""


def path_of(number: int, tenant: str = "demo") -> str:
    return f"{LIST}/{derived_id('followup', str(event_id(number, tenant)))}"


async def patch(
    client: AsyncClient, number: int, version: int | None, body: object, **headers: str
) -> Response:
    match = {} if version is None else {"If-Match": f'"{version}"'}
    return await client.patch(path_of(number), json=body, headers={**match, **headers})


def problem(answer: Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"urn:closedloop:problem:{slug}"
    assert told["status"] == status
    return told


async def test_a_follow_up_is_read_with_its_version_as_etag(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, segment="Gold", contact={"phone": "+856 20 1234"})])
    answer = await call().get(path_of(1))
    seen = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (seen["state"], seen["open"], seen["owner"]) == ("assigned", True, "mali")
    assert seen["rating"] == {"scale": "nps", "value": 2.0}
    assert (seen["segment"], seen["contact"]["phone"]) == ("Gold", "+856 20 1234")
    assert seen["reason"] == "The customer says that the delivery was late"
    assert seen["due_at"] == "2026-11-21T09:30:00Z"


async def test_a_list_is_ordered_by_deadline_filtered_counted_and_cut_into_pages(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(
        worker_pool,
        [
            scored(1, severity="low"),
            scored(2, severity="critical"),
            scored(3, severity="critical"),
            scored(4, severity="high", touchpoint="billing"),
            scored(5, severity="high", tenant=OTHER_TENANT),
        ],
    )
    client = call()
    first = (await client.get(LIST, params={"limit": 3})).json()
    rest = (await client.get(LIST, params={"limit": 3, "cursor": first["next"]})).json()
    everything = [*first["items"], *rest["items"]]
    assert [one["due_at"] for one in everything] == sorted(one["due_at"] for one in everything)
    assert {one["customer_id"] for one in everything} == {f"C-0000{n}" for n in (1, 2, 3, 4)}
    assert first["counts"] == {"total": 4, "matching": 4, "shown": 3, "at_least": []}
    assert rest["next"] is None

    async def matching(**params: object) -> int:
        found = (await client.get(LIST, params=params)).json()  # type: ignore[arg-type]  # httpx's narrow union
        assert found["counts"]["shown"] == len(found["items"]) == found["counts"]["matching"]
        number: int = found["counts"]["matching"]
        return number

    assert await matching(severity="critical") == 2
    assert await matching(severity=["critical", "low"]) == 3
    assert await matching(team="billing-care") == 1
    assert await matching(touchpoint="billing") == 1
    assert await matching(owner="mali") == 1
    assert await matching(state="assigned") == 4
    assert await matching(state="resolved") == 0
    assert await matching(open=True) == 4


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 201}, "limit"),
        ({"limit": 0}, "limit"),
        ({"state": "sleeping"}, "state.0"),
        ({"owner": "a\0b"}, "owner"),
        ({"cursor": "made-up"}, "cursor"),
    ],
)
async def test_a_bad_query_is_answered_with_the_field(
    call: Caller, params: dict[str, Any], field: str
) -> None:
    answer = await call().get(LIST, params=params)
    assert answer.status_code in {400, 422}
    assert answer.json()["field"] == field


@pytest.mark.own_topics
async def test_the_whole_way_of_a_follow_up_is_published_and_kept_in_its_history(
    call: Caller, worker_pool: Pool, settings: Settings
) -> None:
    await opened(worker_pool, [scored(1)])
    client = call()
    steps: list[dict[str, Any]] = [
        {"state": "acknowledged"},
        {"state": "in_progress", "note": "Called the carrier."},
        {"state": "resolved", "resolution": SOLVED},
    ]
    for version, step in enumerate(steps, start=1):
        answer = await patch(client, 1, version, step)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"{version + 1}"'
    solved = (await client.get(path_of(1))).json()["resolution"]
    assert solved["root_cause"] == SOLVED["root_cause"]
    history = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert [one["change"] for one in history] == [
        "opened",
        "acknowledged",
        "in_progress",
        "resolved",
    ]
    assert (history[2]["actor"], history[2]["note"]) == ("mali", "Called the carrier.")
    published = await asyncio.to_thread(read_topic, settings, 3)
    assert [event.data.version for event in published] == [2, 3, 4]
    assert published[-1].data.resolution is not None
    assert published[-1].data.resolution.action_taken == SOLVED["action_taken"]
    assert b"Called the carrier" not in b"".join(
        event.model_dump_json().encode() for event in published
    )


def read_topic(settings: Settings, number: int) -> list[FollowUpChanged]:
    consumer = KafkaConsumer(
        settings.topic_prefix + "followup.changed.v1",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=30_000,
    )
    try:
        return [
            FollowUpChanged.model_validate_json(record.value)
            for _, record in zip(range(number), consumer, strict=False)
        ]
    finally:
        consumer.close()


async def test_a_change_without_a_version_is_refused_with_428(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    told = problem(await patch(call(), 1, None, {"state": "acknowledged"}), 428, "version-needed")
    assert told["field"] == "If-Match"


async def test_a_stale_version_is_refused_with_how_it_stands_now(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    client = call()
    await patch(client, 1, 1, {"state": "acknowledged"})
    answer = await patch(client, 1, 1, {"state": "acknowledged"})
    told = problem(answer, 412, "stale-version")
    assert answer.headers["etag"] == '"2"'
    assert (told["current"]["version"], told["current"]["state"]) == (2, "acknowledged")


async def test_of_changes_at_the_same_time_one_wins_and_none_is_lost(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    async with calling(app, Authorization=f"Bearer {token(settings)}") as client:
        answers = await asyncio.gather(
            *(patch(client, 1, 1, {"note": f"note {n}"}) for n in range(8))
        )
        history = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert [entry["note"] for entry in history] == [None, f"note {winner}"]


async def test_an_idempotency_key_gives_the_first_answer_again(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    client, key = call(), {"Idempotency-Key": "k-1"}
    first = await patch(client, 1, 1, {"state": "acknowledged"}, **key)
    again = await patch(client, 1, 1, {"state": "acknowledged"}, **key)
    assert (again.status_code, again.content) == (200, first.content)
    assert (again.headers["etag"], again.headers["idempotency-replayed"]) == ('"2"', "true")
    other = await patch(client, 1, 1, {"note": "something else"}, **key)
    problem(other, 422, "key-reused")
    mine = await patch(call("vilay", "team_lead"), 1, 2, {"note": "my own key"}, **key)
    assert mine.status_code == 200
    assert await worker_pool.fetchval("SELECT max(version) FROM routing.followup") == 3


async def test_one_key_sent_many_times_at_once_changes_once(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    async with calling(app, Authorization=f"Bearer {token(settings)}") as client:
        answers = await asyncio.gather(
            *(patch(client, 1, 1, {"note": "once"}, **{"Idempotency-Key": "k"}) for _ in range(6))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await worker_pool.fetchval("SELECT max(version) FROM routing.followup") == 2


async def test_a_refused_request_does_not_use_up_its_key(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    client, key = call(), {"Idempotency-Key": "k-1"}
    assert (await patch(client, 1, 1, {"state": "closed"}, **key)).status_code == 409
    assert (await patch(client, 1, 1, {"state": "acknowledged"}, **key)).status_code == 200


async def test_a_forbidden_transition_lists_the_allowed_ones(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    answer = await patch(call(), 1, 1, {"state": "resolved", "resolution": SOLVED})
    told = problem(answer, 409, "forbidden-transition")
    assert told["allowed"] == ["acknowledged"]


async def test_who_may_not_work_on_it_is_refused_with_403(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    for who in (("ana", "team_lead"), ("mali", "auditor"), ("noy", "frontline_owner")):
        problem(await patch(call(*who), 1, 1, {"state": "acknowledged"}), 403, "forbidden")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"state": "resolved"}, "resolution.root_cause.what"),
        (
            {
                "state": "resolved",
                "resolution": {
                    "root_cause": {"what": "late", "why": "gremlins"},
                    "action_taken": "x",
                },
            },
            "resolution.root_cause.why",
        ),
        ({"resolution": SOLVED}, "state"),
        ({"state": "asleep"}, "state"),
        ({"state": None}, ""),
        ({"owner": "ana"}, "owner"),
        ({"colour": "red"}, "colour"),
        ({"note": "a\0b"}, "note"),
        ({"note": "x" * 40_000}, "note"),
        ([], ""),
    ],
)
async def test_a_bad_patch_is_answered_with_the_field(
    call: Caller, worker_pool: Pool, body: object, field: str
) -> None:
    await opened(worker_pool, [scored(1)])
    await worker_pool_in_progress(worker_pool)
    told = problem(await patch(call(), 1, 1, body), 422, "invalid")
    assert told.get("field", "") == field
    assert told["detail"]


async def worker_pool_in_progress(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute("UPDATE routing.followup SET state = 'in_progress'")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b'{"note": "\\ud800"}', b"[" * 100_000, b"nul"]
)
async def test_what_is_no_json_is_refused_and_nothing_breaks(
    call: Caller, worker_pool: Pool, raw: bytes
) -> None:
    await opened(worker_pool, [scored(1)])
    answer = await call().patch(
        path_of(1),
        content=raw,
        headers={"If-Match": '"1"', "Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_tenants_follow_up_is_not_there(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    stranger = call("root", "cx_admin", OTHER_TENANT)
    problem(await stranger.get(path_of(1)), 404, "not-found")
    problem(await stranger.get(f"{path_of(1)}/history"), 404, "not-found")
    problem(await patch(stranger, 1, 1, {"note": "mine now"}), 404, "not-found")
    assert (await stranger.get(LIST)).json()["counts"]["total"] == 0
    unknown = await stranger.get(f"{LIST}/{uuid4()}")
    problem(unknown, 404, "not-found")
    problem(await stranger.get(f"{LIST}/no-uuid"), 404, "not-found")


async def test_row_level_security_hides_other_tenants_from_a_query_without_a_filter(
    worker_pool: Pool,
) -> None:
    await opened(worker_pool, [scored(1), scored(2, tenant=OTHER_TENANT)])
    async with worker_pool.acquire() as connection:
        await connection.execute("SET ROLE NONE; SET ROLE closedloop_routing_api")
        assert await connection.fetchval(HOW_MANY) == [0, 0]
        await connection.execute("SELECT set_config('closedloop.tenant', 'demo', false)")
        assert await connection.fetchval(HOW_MANY) == [1, 1]
        await connection.execute("RESET ROLE; SELECT set_config('closedloop.tenant', '', false)")


async def test_without_a_token_the_api_answers_401_and_never_redirects(
    app: FastAPI, worker_pool: Pool
) -> None:
    async with calling(app) as client:
        answer = await client.get(LIST)
        problem(answer, 401, "sign-in-needed")
        assert answer.headers["www-authenticate"] == "Bearer"
        client.headers["Authorization"] = "Bearer nonsense"
        problem(await client.get(LIST), 401, "sign-in-needed")


async def test_a_program_that_was_never_activated_is_said_so(
    call: Caller, settings: Settings, worker_pool: Pool
) -> None:
    answer = await patch(call("root", "cx_admin", "newcomer"), 1, 1, {"note": "x"})
    assert "no active program" in problem(answer, 409, "conflict")["detail"]


async def test_deadlines_pass_and_the_list_shows_them_first(
    call: Caller, worker_pool: Pool
) -> None:
    long_ago = NOW - timedelta(days=400)
    await opened(worker_pool, [scored(1), scored(2, received_at=long_ago)])
    first = (await call().get(LIST)).json()["items"][0]
    assert first["customer_id"] == "C-00002"


async def test_the_process_lives_and_is_ready(app: FastAPI) -> None:
    async with calling(app) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_the_openapi_document_names_every_answer_of_a_change(app: FastAPI) -> None:
    async with calling(app) as client:
        document = (await client.get("/followups/v1/openapi.json")).json()
    answers = document["paths"]["/followups/v1/followups/{followup_id}"]["patch"]["responses"]
    assert set(answers) >= {"200", "401", "403", "404", "409", "412", "422", "428"}
    assert "/inbox" not in json.dumps(list(document["paths"]))


async def test_a_change_waits_in_the_outbox_until_it_is_published(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await patch(call(), 1, 1, {"state": "acknowledged"})

    async def sent() -> bool:
        unsent = "SELECT count(*) FROM routing.outbox WHERE sent_at IS NULL"
        return bool(await worker_pool.fetchval(unsent) == 0)

    await until(sent, within_s=30)
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.outbox") == 1
