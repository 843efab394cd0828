from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.scoring.adapters import reviews
from services.scoring.app import create_app
from services.scoring.bootstrap import API_ROLE
from shared.postgres.pool import create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.scoring.said import (
    ANGRY,
    GLAD,
    NOW,
    activate,
    contradictions,
    said,
    score,
    settings_for,
    signed_in,
)

QUEUE = "/scoring/v1/reviews"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
async def ids(settings: Settings) -> list[UUID]:
    """Give the ids of five contradictions, among feedback that contradicts nothing."""
    program = await activate(settings)
    plain = [said(90, ANGRY, nps=0), said(91, GLAD, nps=10), said(92, ANGRY, nps=8)]
    found = await score(settings, program, [*contradictions(5), *plain])
    return found[:5]


@pytest.fixture
async def client(settings: Settings, ids: list[UUID]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened,
    ):
        opened.headers.update(signed_in(settings, "team_lead"))
        yield opened


async def decide(
    client: httpx.AsyncClient, feedback: UUID, decision: str, *, version: int = 0, key: str = ""
) -> httpx.Response:
    headers = {"If-Match": f'"{version}"', **({"Idempotency-Key": key} if key else {})}
    return await client.post(f"{QUEUE}/{feedback}", json={"decision": decision}, headers=headers)


async def test_the_queue_holds_what_contradicts_itself_the_oldest_first(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    answer = (await client.get(QUEUE)).json()
    assert [item["feedback_id"] for item in answer["items"]] == [str(one) for one in ids]
    assert answer["counts"] == {"open": 5, "decided": 0}
    first = answer["items"][0]
    assert first["contradiction"] == "negative_words_good_rating"
    assert first["sentiment"]["label"] == "negative"
    assert first["category"] == "promoter"
    assert first["text"] == ANGRY
    assert answer["next"] is None


async def test_pages_follow_each_other_without_gap_or_repeat(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = (await client.get(QUEUE, params=asked)).json()
        seen += [item["feedback_id"] for item in answer["items"]]
        cursor = answer["next"]
    assert seen == [str(one) for one in ids]


async def test_a_decision_takes_it_from_the_queue_and_is_kept_with_who_and_when(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    answer = await decide(client, ids[0], "rating")
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    decided = answer.json()
    assert decided.pop("decided_at").endswith("Z")
    assert decided == {
        "version": 1,
        "decision": "rating",
        "sentiment": "positive",
        "note": None,
        "actor": "ann",
        "actor_name": "Ann Lee",
    }
    queue = (await client.get(QUEUE)).json()
    assert str(ids[0]) not in [item["feedback_id"] for item in queue["items"]]
    assert queue["counts"] == {"open": 4, "decided": 1}
    done = (await client.get(QUEUE, params={"state": "decided"})).json()
    assert [item["decisions"][0]["decision"] for item in done["items"]] == ["rating"]


async def test_a_second_decision_holds_and_the_first_is_kept(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    await decide(client, ids[0], "rating")
    assert (await decide(client, ids[0], "words", version=1)).status_code == 201
    answer = await client.get(f"{QUEUE}/{ids[0]}")
    assert answer.headers["ETag"] == '"2"'
    assert [one["decision"] for one in answer.json()["decisions"]] == ["rating", "words"]
    done = (await client.get(QUEUE, params={"state": "decided"})).json()
    assert [one["decision"] for one in done["items"][0]["decisions"]] == ["words"]


async def test_who_decides_on_what_somebody_else_decided_meanwhile_is_told(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    await decide(client, ids[0], "rating")
    for version in (0, 7):
        late = await decide(client, ids[0], "words", version=version)
        assert late.status_code == 412
        assert late.headers["ETag"] == '"1"'
        assert late.json()["type"] == "urn:closedloop:problem:stale-version"
    assert (await client.get(f"{QUEUE}/{ids[0]}")).json()["version"] == 1


async def test_of_many_who_decide_at_once_one_is_first(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    answers = await asyncio.gather(*(decide(client, ids[0], "both") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 7


async def test_a_repeat_under_the_same_key_is_one_decision(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    at_once = await asyncio.gather(*(decide(client, ids[0], "both", key="k-1") for _ in range(4)))
    assert {answer.status_code for answer in at_once} == {201}
    assert len({answer.text for answer in at_once}) == 1
    again = await decide(client, ids[0], "both", key="k-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await decide(client, ids[0], "words", key="k-1")
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert len((await client.get(f"{QUEUE}/{ids[0]}")).json()["decisions"]) == 1


@pytest.mark.parametrize("role", ["auditor", "frontline_owner", "department_head", "contributor"])
async def test_others_read_and_do_not_decide(
    client: httpx.AsyncClient, settings: Settings, ids: list[UUID], role: str
) -> None:
    client.headers.update(signed_in(settings, role))  # type: ignore[arg-type]  # one of Role
    assert (await client.get(QUEUE)).status_code == 200
    refused = await decide(client, ids[0], "words")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"


async def test_another_tenant_sees_nothing_of_it(
    client: httpx.AsyncClient, settings: Settings, ids: list[UUID]
) -> None:
    client.headers.update(signed_in(settings, "cx_admin", tenant="other"))
    assert (await client.get(QUEUE)).json()["counts"] == {"open": 0, "decided": 0}
    assert (await client.get(f"{QUEUE}/{ids[0]}")).status_code == 404
    assert (await decide(client, ids[0], "words")).status_code == 404


async def test_what_is_missing_or_wrong_is_named(
    client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    place = f"{QUEUE}/{ids[0]}"
    assert (await client.post(place, json={"decision": "words"})).status_code == 428
    match = {"If-Match": '"0"'}
    for body, field in (
        ({"decision": "maybe"}, "decision"),
        ({"decision": "words", "note": "a\0b"}, "note"),
        ({"decision": "words", "extra": 1}, "extra"),
    ):
        answer = await client.post(place, json=body, headers=match)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    unknown = await decide(client, uuid4(), "words")
    assert unknown.status_code == 404
    assert (await client.get(QUEUE, params={"cursor": "x"})).status_code == 400


async def test_decisions_are_labels_to_learn_from(
    client: httpx.AsyncClient, settings: Settings, ids: list[UUID]
) -> None:
    await decide(client, ids[0], "words")
    await decide(client, ids[0], "rating", version=1)
    await decide(client, ids[1], "both")
    async with (
        await create_pool(settings.database_url, role=API_ROLE) as pool,
        tenant_transaction(pool, "acme") as connection,
    ):
        confirmed = await reviews.confirmed_sentiments(connection, NOW)
        later = await reviews.confirmed_sentiments(connection, NOW + timedelta(seconds=1))
    assert [(one.text, one.sentiment, one.language) for one in confirmed] == [
        (ANGRY, "positive", "en"),
        (GLAD, "positive", "en"),
    ]
    assert [one.feedback_id for one in later] == [ids[1]]


async def test_decisions_cannot_be_changed_by_whoever_makes_them(
    settings: Settings, client: httpx.AsyncClient, ids: list[UUID]
) -> None:
    await decide(client, ids[0], "words")
    async with await create_pool(settings.database_url, role=API_ROLE) as pool:
        for query in ("UPDATE scoring.review SET decision = 'both'", "DELETE FROM scoring.review"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(query)
