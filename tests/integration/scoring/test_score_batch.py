from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from services.scoring.adapters.postgres import PostgresScores, co_creators, ensure_partitions
from services.scoring.domain.received import Received
from services.scoring.domain.scorer import Scorer
from services.scoring.handlers import score_batch
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackScored, FeedbackSubmitted
from shared.contracts.records import Outcome
from shared.ids import feedback_id
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.document import CoCreation
from tests.unit.program.samples import program, rule
from tests.unit.scoring.events import event
from tests.unit.scoring.scorers import scorer_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
scored = parser(FeedbackScored)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await create_pool(database_url, role="closedloop_scoring") as opened:
        yield opened


async def score(
    pool: Pool,
    events: Sequence[FeedbackSubmitted],
    *,
    now: datetime = NOW,
    scorer: Scorer | None = None,
) -> list[Outcome]:
    used = scorer or scorer_of(program())
    async with pool.acquire() as connection, connection.transaction():
        scores = PostgresScores(connection)
        batch = [Received(one, now) for one in events]
        return await score_batch(scores, batch, scorers=[used] * len(batch))


def values(outcomes: Sequence[Outcome]) -> list[bytes]:
    found = [message.value for outcome in outcomes for message in outcome.outgoing]
    return [value for value in found if value is not None]


def freshness(outcomes: Sequence[Outcome]) -> list[bool]:
    return [outcome.fresh for outcome in outcomes]


async def count(pool: Pool) -> tuple[int, int]:
    keys = await pool.fetchval("SELECT count(*) FROM scoring.feedback_key")
    rows = await pool.fetchval("SELECT count(*) FROM scoring.feedback")
    return keys, rows


async def test_an_event_is_kept_with_its_score_and_published_under_its_key(pool: Pool) -> None:
    said = event(text="I wait for my refund.", rating={"scale": "nps", "value": 2})
    (outcome,) = await score(pool, [said])
    (message,) = outcome.outgoing
    assert (message.topic, message.key) == ("feedback.scored.v1", b"acme/c-1")
    published = scored(message.value or b"")
    identity = feedback_id("acme", "urn:acme:survey", "1")
    assert (published.id, published.time) == (str(identity), NOW)
    assert published.data.feedback == said.data
    row = await pool.fetchrow("SELECT * FROM scoring.feedback")
    assert row is not None
    assert dict(row) == {
        "feedback_id": identity,
        "received_at": NOW,
        "tenant": "acme",
        "customer_id": "c-1",
        "touchpoint": "shop",
        "occurred_at": said.data.occurred_at,
        "category": "detractor",
        "severity": "high",
        "flagged": True,
        "rule": "refund",
        "program_version": 1,
        "language": "en",
        "review": None,
        "co_creation": False,
        "message": (message.value or b"").decode(),
    }


async def test_an_event_twice_in_a_batch_has_one_effect(pool: Pool) -> None:
    events = [event(event_id=name) for name in ("a", "b", "a", "c", "b", "a")]
    outcomes = await score(pool, events)
    assert freshness(outcomes) == [True, True, False, True, False, False]
    found = values(outcomes)
    assert found[0] == found[2] == found[5]
    assert found[1] == found[4]
    assert await count(pool) == (3, 3)


async def test_of_two_events_with_one_id_in_a_batch_the_first_counts(pool: Pool) -> None:
    happy = {"scale": "nps", "value": 10}
    outcomes = await score(pool, [event(), event(rating=happy)])
    assert [scored(value).data.score.category for value in values(outcomes)] == ["detractor"] * 2


async def test_events_seen_in_an_earlier_batch_are_answered_as_then_to_the_byte(pool: Pool) -> None:
    before = await score(pool, [event(event_id="a"), event(event_id="b")])
    changed = scorer_of(program([rule("true", name="new")], version=2))
    events = [event(event_id=name) for name in ("c", "b", "a")]
    after = await score(pool, events, now=LATER, scorer=changed)
    assert freshness(after) == [True, False, False]
    assert values(after)[1:] == list(reversed(values(before)))
    assert scored(values(after)[0]).data.score.rule == "new"
    assert await count(pool) == (3, 3)


async def test_a_repeat_that_says_something_else_changes_nothing(pool: Pool) -> None:
    first = await score(pool, [event(text="Bad.")])
    second = await score(pool, [event(text="Worse, and from someone else.", customer_id="c-2")])
    assert values(first) == values(second)
    assert await count(pool) == (1, 1)


async def test_a_repeat_is_published_under_the_first_ones_key(pool: Pool) -> None:
    first = await score(pool, [event(customer_id="c-1")])
    second = await score(pool, [event(customer_id="c-2")])
    assert first[0].outgoing[0].key == second[0].outgoing[0].key == b"acme/c-1"


async def test_the_same_id_of_another_tenant_is_another_event(pool: Pool) -> None:
    outcomes = await score(pool, [event(tenant="acme"), event(tenant="other")])
    assert freshness(outcomes) == [True, True]
    assert await count(pool) == (2, 2)


async def test_a_full_batch_is_kept_whole(pool: Pool) -> None:
    events = [event(event_id=str(n), customer_id=f"c-{n % 37}") for n in range(500)]
    outcomes = await score(pool, events)
    assert freshness(outcomes) == [True] * 500
    assert [scored(value).subject for value in values(outcomes)] == [
        f"c-{n % 37}" for n in range(500)
    ]
    assert await count(pool) == (500, 500)


async def test_a_rolled_back_batch_leaves_nothing(pool: Pool) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        scores = PostgresScores(connection)
        await score_batch(scores, [Received(event(), NOW)], scorers=[scorer_of(program())])
        await transaction.rollback()
    assert await count(pool) == (0, 0)
    assert freshness(await score(pool, [event()])) == [True]


async def test_batches_side_by_side_with_the_same_events_agree(pool: Pool) -> None:
    names = [str(n) for n in range(200)]
    orders = [names, names[::-1], names[100:] + names[:100], names[1::2] + names[::2]]
    moments = [NOW + timedelta(seconds=n) for n in range(4)]
    results = await asyncio.gather(
        *(
            score(pool, [event(event_id=name) for name in order], now=now)
            for order, now in zip(orders, moments, strict=True)
        )
    )
    assert await count(pool) == (200, 200)
    told = [
        dict(zip(order, values(result), strict=True))
        for order, result in zip(orders, results, strict=True)
    ]
    assert all(each == told[0] for each in told)
    assert sum(sum(freshness(result)) for result in results) == 200


async def test_rows_lie_in_the_partition_of_their_month(pool: Pool) -> None:
    await ensure_partitions(pool)
    await score(pool, [event()], now=datetime.now(UTC))
    await score(pool, [event(event_id="old")], now=datetime(2001, 1, 1, tzinfo=UTC))
    places = await pool.fetch("SELECT tableoid::regclass::text AS place FROM scoring.feedback")
    assert {row["place"] for row in places} == {
        f"scoring.feedback_{datetime.now(UTC):%Y_%m}",
        "scoring.feedback_default",
    }


async def test_the_worker_can_add_scores_and_never_change_one(pool: Pool) -> None:
    await score(pool, [event()])
    for change in ("UPDATE scoring.feedback SET flagged = false", "DELETE FROM scoring.feedback"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change)


async def test_a_request_sees_its_own_tenant_only(pool: Pool, database_url: str) -> None:
    await score(pool, [event(tenant="acme"), event(tenant="other")])
    query = "SELECT tenant FROM scoring.feedback"
    async with await create_pool(database_url, role="closedloop_scoring_api") as api:
        async with tenant_transaction(api, "acme") as connection:
            rows = await connection.fetch(query)
        assert [row["tenant"] for row in rows] == ["acme"]
        assert await api.fetch(query) == []


@pytest.mark.parametrize("text", ["\u2028 \U0001f600 \\ \" ' \x7f", "ກ" * 30_000, "\t\n"])
async def test_any_text_comes_back_as_it_was(pool: Pool, text: str) -> None:
    said: dict[str, Any] = {"text": text, "segment": text[:100]}
    (outcome,) = await score(pool, [event(**said)])
    stored = await pool.fetchval("SELECT message FROM scoring.feedback")
    assert stored.encode() == outcome.outgoing[0].value
    assert json.loads(stored)["data"]["feedback"]["text"] == text


async def test_history_is_the_same_in_one_batch_in_several_and_after_a_repeat(pool: Pool) -> None:
    asks = rule("earlier_detractors_90d >= 2.0", name="repeated")
    scorer = scorer_of(program([asks]))
    days = ["2026-10-01", "2026-10-20", "2026-11-01", "2027-06-01", "2027-06-02"]
    told = [
        event(event_id=str(n), customer_id="c-9", occurred_at=f"{day}T10:00:00+07:00")
        for n, day in enumerate(days)
    ]
    split = [one.model_copy(update={"tenant": "other"}) for one in told]

    at_once = values(await score(pool, told, scorer=scorer))
    in_two = values(await score(pool, split[:2], scorer=scorer))
    in_two += values(await score(pool, split[1:], scorer=scorer))[1:]

    rules = [scored(value).data.score.rule for value in at_once]
    assert rules == ["detractor", "detractor", "repeated", "detractor", "detractor"]
    assert [scored(value).data.score.rule for value in in_two] == rules
    assert values(await score(pool, told, scorer=scorer)) == at_once


async def test_who_may_be_asked_is_listed_once_and_not_after_becoming_unhappy(
    pool: Pool, database_url: str
) -> None:
    asking = program([]).model_copy(
        update={"co_creation": CoCreation(when="category == 'promoter' && has_text")}
    )
    told = [("ann", 10), ("ann", 9), ("ben", 10), ("ben", 1), ("eve", 7), ("ida", 10)]
    for number, (customer, value) in enumerate(told):
        said = event(
            event_id=str(number),
            customer_id=customer,
            text=f"number {number}",
            rating={"scale": "nps", "value": value},
        )
        await score(pool, [said], now=NOW + timedelta(hours=number), scorer=scorer_of(asking))
    async with await create_pool(database_url, role="closedloop_scoring_api") as api:
        found = await co_creators(api, "acme", NOW, 10)
        assert sorted((one.feedback.customer_id, one.feedback.text) for one in found) == [
            ("ann", "number 1"),
            ("ida", "number 5"),
        ]
        assert await co_creators(api, "other", NOW, 10) == []
        later = await co_creators(api, "acme", NOW + timedelta(hours=2), 10)
        assert [one.feedback.customer_id for one in later] == ["ida"]
