from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from services.scoring.adapters.confirmations import ConfirmedText, confirmed_texts
from services.scoring.bootstrap import API_ROLE
from services.scoring.confirming import confirmations
from shared.contracts.codec import encode
from shared.contracts.events import FollowUpChanged
from shared.contracts.records import Batch, Entry, Record, Rejected
from shared.kafka.worker import Subscription
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.store import ProgramStore
from tests.integration.training.resolved import OPENED, changed, feedback, keep, said
from tests.unit.program.samples import document

LONG_AGO = OPENED - timedelta(days=400)
TOPIC_ID = uuid4()


async def causes(pool: Pool, tenant: str = "acme") -> dict[str, str]:
    """Return what was confirmed, by text."""
    return {one.text: one.what for one in await confirmed_texts(pool, tenant, LONG_AGO)}


async def test_the_cause_of_a_resolved_followup_is_kept_beside_the_words(pool: Pool) -> None:
    await said(pool, ["Late!", "Broken!"], [OPENED, OPENED + timedelta(hours=1)])
    await keep(pool, [changed(1, what="damage"), changed(0, what="delay")])

    assert await confirmed_texts(pool, "acme", LONG_AGO) == [
        ConfirmedText(OPENED, "Late!", "delay"),
        ConfirmedText(OPENED + timedelta(hours=1), "Broken!", "damage"),
    ]
    assert await confirmed_texts(pool, "acme", OPENED + timedelta(minutes=1)) == [
        ConfirmedText(OPENED + timedelta(hours=1), "Broken!", "damage")
    ]


async def test_of_a_followup_the_highest_version_counts_in_whatever_order_they_come(
    pool: Pool,
) -> None:
    await said(pool, ["Late!"], [OPENED])
    versions = [
        changed(0, 1, what=None, state="new"),
        changed(0, 2, what="damage"),
        changed(0, 3, what=None, state="reopened"),
        changed(0, 4, what="delay"),
        changed(0, 5, what="delay", state="closed"),
    ]
    random.Random(7).shuffle(versions)
    for version in versions:
        await keep(pool, [version])

    assert await causes(pool) == {"Late!": "delay"}


async def test_a_followup_that_is_opened_again_confirms_nothing(pool: Pool) -> None:
    await said(pool, ["Late!"], [OPENED])
    await keep(pool, [changed(0, 2), changed(0, 3, state="reopened")])

    assert await causes(pool) == {}


async def test_a_version_that_comes_again_changes_nothing(pool: Pool) -> None:
    await said(pool, ["Late!"], [OPENED])
    first = await keep(pool, [changed(0, 2), changed(0, 2)])
    again = await keep(pool, [changed(0, 3), changed(0, 2)])

    assert [one.fresh for one in first] == [True, False]
    assert [one.fresh for one in again] == [True, False]
    assert await pool.fetchval("SELECT count(*) FROM scoring.confirmation") == 2


async def test_feedback_without_words_teaches_nothing(pool: Pool) -> None:
    await said(pool, [None, "Late!"], [OPENED, OPENED])
    await keep(pool, [changed(0), changed(1), changed(2)])

    assert await causes(pool) == {"Late!": "delay"}


async def test_tenants_learn_from_their_own_owners_alone(pool: Pool, database_url: str) -> None:
    await said(pool, ["Late!"], [OPENED])
    await said(pool, ["Rude!"], [OPENED], tenant="other")
    await keep(pool, [changed(0), changed(0, what="rude", tenant="other")])

    assert await causes(pool) == {"Late!": "delay"}
    assert await causes(pool, "other") == {"Rude!": "rude"}
    async with await create_pool(database_url, role=API_ROLE) as requests:
        async with tenant_transaction(requests, "other") as connection:
            seen = await connection.fetch("SELECT what FROM scoring.confirmation")
        assert [row["what"] for row in seen] == ["rude"]


async def test_a_followup_that_names_another_tenants_feedback_reads_none_of_its_words(
    pool: Pool,
) -> None:
    await said(pool, ["A secret"], [OPENED], tenant="other")
    event = changed(0)
    theirs = event.data.model_copy(update={"feedback_id": feedback(0, "other")})
    await keep(pool, [event.model_copy(update={"data": theirs})])

    assert await causes(pool) == {}


def batch(
    subscription: Subscription[FollowUpChanged], first: int, events: Sequence[bytes]
) -> Batch[FollowUpChanged]:
    """Return the batch that these records make, as the worker decodes it."""
    return Batch(
        topic=subscription.topic,
        topic_id=TOPIC_ID,
        partition=0,
        first_offset=first,
        last_offset=first + len(events) - 1,
        entries=[
            decoded(subscription, Record(subscription.topic, 0, first + n, None, value))
            for n, value in enumerate(events)
        ],
    )


def decoded(subscription: Subscription[FollowUpChanged], record: Record) -> Entry[FollowUpChanged]:
    try:
        return Entry(record, subscription.decode(record))
    except Rejected as reason:
        return Entry(record, reason)


@pytest.fixture
async def subscription(pool: Pool, programs: ProgramStore) -> Subscription[FollowUpChanged]:
    await programs.activate(document(), who="ann", why="the first one")
    return await confirmations(pool, programs)


async def test_the_worker_accounts_for_each_record_and_has_nothing_to_publish(
    pool: Pool, subscription: Subscription[FollowUpChanged]
) -> None:
    assert subscription.admit is not None
    records = [
        encode(changed(0)),
        b"no event",
        encode(changed(0, tenant="stranger")),
        encode(changed(0)),
        encode(changed(1)),
    ]
    admitted = await subscription.admit(batch(subscription, 0, records))

    (committed,) = await subscription.commit([admitted])
    (repeated,) = await subscription.commit([admitted])

    assert committed.outgoing == repeated.outgoing == []
    codes = [reason.code for _, reason in committed.rejected]
    assert codes == ["not_json", "unknown_tenant"]
    ledger = await pool.fetchrow(
        "SELECT consumer_group, topic, handled, effects, duplicates, dead_letters FROM ledger.batch"
    )
    assert ledger is not None
    assert tuple(ledger) == ("scoring", "followup.changed.v1", 2, 2, 1, 2)
    assert await pool.fetchval("SELECT count(*) FROM scoring.confirmation") == 2
