"""POST /ingest/v1/events against a real Kafka: what was accepted lies there, nothing else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.ingest.domain.intake import LARGEST_EVENT_BYTES, TOPIC
from services.ingest.routes.events import BATCH, JSON, MAX_BODY_BYTES, MAX_EVENTS, PATH, STRUCTURED
from shared.contracts.schemas import EXAMPLE_FOLDER
from tests.contract.schemas import validate
from tests.integration.ingest.conftest import Witness

pytestmark = pytest.mark.own_topics

EXAMPLE = (EXAMPLE_FOLDER / TOPIC / "valid" / "survey-with-everything.json").read_bytes().strip()
EVENT: dict[str, Any] = json.loads(EXAMPLE)


def event(number: int, **changes: object) -> dict[str, Any]:
    return {**EVENT, "id": f"e-{number}", **changes}


async def post(
    client: httpx.AsyncClient, content: bytes, content_type: str = STRUCTURED, **headers: str
) -> httpx.Response:
    return await client.post(
        PATH, content=content, headers={"Content-Type": content_type, **headers}
    )


async def post_batch(client: httpx.AsyncClient, *events: object) -> httpx.Response:
    return await post(client, json.dumps(events).encode(), BATCH)


# ── single events ────────────────────────────────────────────────────────────────────────────


async def test_a_single_event_lies_on_the_topic_byte_for_byte_under_its_customers_key(
    client: httpx.AsyncClient, witness: Witness
) -> None:
    answer = await post(client, EXAMPLE)
    assert answer.status_code == 202
    assert answer.json() == {"id": EVENT["id"], "status": "accepted"}
    (record,) = witness()
    assert record.value == EXAMPLE
    assert record.key == f"demo/{EVENT['data']['customer_id']}".encode()


async def test_an_event_without_a_tenant_gets_the_publishers(
    client: httpx.AsyncClient, witness: Witness
) -> None:
    without = {name: value for name, value in EVENT.items() if name != "tenant"}
    assert (await post(client, json.dumps(without).encode())).status_code == 202
    (record,) = witness()
    assert validate(TOPIC, record.value) == EVENT


REFUSED = [
    (json.dumps(event(1, tenant="rival")).encode(), 422, "foreign_tenant", "tenant"),
    (json.dumps(event(1, type="feedback.scored.v1")).encode(), 422, "wrong_event", "type"),
    (json.dumps(event(1, data={})).encode(), 422, "missing_field", "data.customer_id"),
    (EXAMPLE.replace(b"nobody", b"\\u0000"), 422, "invalid_value", "data.text"),
    (EXAMPLE.replace(b": 3", b": 1e400"), 422, "invalid_value", "data.rating.value"),
    (EXAMPLE.replace(b"nobody", b"\\ud800"), 400, "not_json", ""),
    (EXAMPLE.replace(b"nobody", b"\xff"), 400, "not_utf8", ""),
    (b"", 400, "not_json", ""),
    (b"[" * 100_000, 400, "not_json", ""),
    (b"[]", 422, "not_a_cloudevent", ""),
    (b" " * (LARGEST_EVENT_BYTES + 1), 413, "too_large", ""),
]


async def test_a_refused_event_is_told_why_and_is_not_on_the_topic(
    client: httpx.AsyncClient, witness: Witness, subtests: pytest.Subtests
) -> None:
    for content, status, code, field in REFUSED:
        with subtests.test(code, content=content[:20]):
            answer = await post(client, content)
            problem = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status_code, problem["status"]) == (status, status)
            assert (problem["code"], problem.get("field", "")) == (code, field)
            assert problem["detail"]
            assert problem["remedy"]
    assert not witness()


async def test_binary_mode_takes_the_attributes_from_headers(
    client: httpx.AsyncClient, witness: Witness
) -> None:
    answer = await post(
        client,
        json.dumps(EVENT["data"]).encode(),
        JSON,
        **{"ce-specversion": "1.0", "ce-type": TOPIC, "ce-source": "/shop", "ce-id": "b-1"},
    )
    assert (answer.status_code, answer.json()) == (202, {"id": "b-1", "status": "accepted"})
    (record,) = witness()
    assert validate(TOPIC, record.value)["data"] == EVENT["data"]


# ── batches ──────────────────────────────────────────────────────────────────────────────────


async def test_a_batch_has_an_outcome_for_each_event_and_only_the_good_are_on_the_topic(
    client: httpx.AsyncClient, witness: Witness
) -> None:
    body = b"".join(
        (
            b"[ ",
            json.dumps(event(0)).encode(),
            b" ,",
            json.dumps(event(1, data={})).encode(),
            b",\n",
            json.dumps(event(2)).encode().replace(b"nobody", b"\\ud800"),
            b",17, ",
            EXAMPLE,
            b",",
            json.dumps(event(5, tenant="rival")).encode(),
            b"]\n",
        )
    )
    answer = await post(client, body, BATCH)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["rejected"]) == (2, 4)
    assert [outcome["index"] for outcome in told["outcomes"]] == list(range(6))
    assert [outcome["status"] for outcome in told["outcomes"]] == [
        "accepted",
        "rejected",
        "rejected",
        "rejected",
        "accepted",
        "rejected",
    ]
    problems = [outcome.get("problem", {}).get("code") for outcome in told["outcomes"]]
    assert problems == [
        None,
        "missing_field",
        "not_json",
        "not_a_cloudevent",
        None,
        "foreign_tenant",
    ]
    assert told["outcomes"][1]["id"] == "e-1"
    assert "id" not in told["outcomes"][3]
    assert {record.value for record in witness()} == {json.dumps(event(0)).encode(), EXAMPLE}


async def test_a_list_is_a_batch_under_its_own_and_the_plain_content_type(
    client: httpx.AsyncClient,
) -> None:
    for content_type in (BATCH, JSON, f"{BATCH}; charset=utf-8"):
        answer = await post(client, json.dumps([EVENT]).encode(), content_type)
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


async def test_a_single_event_may_have_the_plain_content_type(client: httpx.AsyncClient) -> None:
    assert (await post(client, b"\n " + EXAMPLE, JSON)).status_code == 202


async def test_an_empty_batch_is_nothing_to_complain_about(client: httpx.AsyncClient) -> None:
    answer = await post_batch(client)
    assert answer.json() == {"accepted": 0, "rejected": 0, "outcomes": []}


async def test_the_largest_batch_is_taken_whole_and_one_more_event_is_too_many(
    client: httpx.AsyncClient, witness: Witness
) -> None:
    small = {**EVENT, "data": {**EVENT["data"], "attributes": {}}}
    events = [{**small, "id": f"m-{n}"} for n in range(MAX_EVENTS + 1)]
    refused = await post_batch(client, *events)
    assert refused.status_code == 413
    assert "1,000" in refused.json()["detail"]
    assert not witness()
    taken = await post_batch(client, *events[:-1])
    assert taken.json()["accepted"] == MAX_EVENTS
    assert len(witness()) == MAX_EVENTS


async def test_a_batch_that_is_no_list_is_refused_as_a_whole(
    client: httpx.AsyncClient, witness: Witness, subtests: pytest.Subtests
) -> None:
    good = EXAMPLE + b","
    for content in (b"", b"{}", b"[", b"[" + good, b"[" + good + b"]", b"\xff", b"[1" * 100_000):
        with subtests.test(content=content[:20]):
            answer = await post(client, content, BATCH)
            assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert not witness()


async def test_a_body_above_the_limit_is_refused_with_the_limit(client: httpx.AsyncClient) -> None:
    answer = await post(client, b" " * (MAX_BODY_BYTES + 1), BATCH)
    assert answer.status_code == 413
    assert str(MAX_BODY_BYTES) in answer.json()["detail"].replace(",", "")


# ── who may ──────────────────────────────────────────────────────────────────────────────────


STRANGERS = (
    b"",
    b"Bearer",
    b"Bearer ",
    b"Bearer clp_wrong",
    b"Bearer nonsense",
    b"Basic Y2xwOng=",
    b"Bearer clp_\xff",
)


async def test_without_a_key_that_works_nothing_is_taken(
    api: FastAPI, witness: Witness, subtests: pytest.Subtests
) -> None:
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest.test") as stranger:
        for authorization in STRANGERS:
            with subtests.test(authorization=authorization):
                answer = await stranger.post(
                    PATH,
                    content=EXAMPLE,
                    headers={b"Content-Type": JSON.encode(), b"Authorization": authorization},
                )
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["remedy"]
    assert not witness()


# ── what it is asked in other ways ───────────────────────────────────────────────────────────


async def test_another_content_type_is_refused_with_those_that_work(
    client: httpx.AsyncClient,
) -> None:
    for content_type in ("", "text/plain", "application/xml", "multipart/form-data"):
        answer = await post(client, EXAMPLE, content_type)
        assert answer.status_code == 415
        assert BATCH in answer.json()["remedy"]


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, EXAMPLE, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


async def test_another_method_is_refused_with_the_one_that_works(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_the_openapi_document_describes_the_route(client: httpx.AsyncClient) -> None:
    document = (await client.get("/ingest/v1/openapi.json")).json()
    operation = document["paths"][PATH]["post"]
    assert set(operation["requestBody"]["content"]) == {STRUCTURED, BATCH, JSON}
    assert {"200", "202", "401", "413", "422", "503"} <= set(operation["responses"])
    schemas = document["components"]["schemas"]
    assert "tenant" not in schemas["FeedbackSubmitted"]["required"]
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


async def test_the_process_says_that_it_runs_and_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200


def _references(part: Any) -> list[str]:  # noqa: ANN401  (any part of the document)
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    if isinstance(part, list):
        return [found for value in part for found in _references(value)]
    return []
