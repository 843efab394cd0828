"""What `demo --once` tells: every published record with its one outcome."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from kafka import KafkaProducer

from deploy.local.outcome import SUBMITTED, count_outcome
from shared.contracts.records import Batch, Entry, Outcome, Record, Rejected
from shared.kafka.topic_ids import topic_ids
from shared.postgres.ledger import LedgeredCommit
from shared.postgres.pool import Connection, create_pool
from shared.settings import Settings

pytestmark = pytest.mark.own_topics

#: What the second of two is worth that say the same.
VERDICTS = {"new": Outcome(effect=False), "again": Outcome(fresh=False, effect=False)}


async def _as_said(_: Connection, events: Sequence[str]) -> Sequence[Outcome]:
    return [VERDICTS[event] for event in events]


def _batch(
    topic: str, topic_id: UUID, partition: int, said: Sequence[str | Rejected]
) -> Batch[str]:
    return Batch(
        topic=topic,
        topic_id=topic_id,
        partition=partition,
        first_offset=0,
        last_offset=len(said) - 1,
        entries=[
            Entry(Record(topic=topic, partition=partition, offset=n, key=None, value=b"x"), one)
            for n, one in enumerate(said)
        ],
    )


async def test_only_what_publishers_sent_is_held_against_what_was_published(
    settings: Settings,
) -> None:
    name = settings.topic_prefix + SUBMITTED
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    for _ in range(3):
        producer.send(name, b"x", partition=0).get(timeout=10)
    producer.close()
    ids = topic_ids(settings.kafka_bootstrap_servers, [name])
    rejected = Rejected("not_json", "No.")
    async with await create_pool(settings.database_url, role="closedloop_scoring") as pool:
        commit = LedgeredCommit(pool=pool, group="scoring", effects=_as_said)
        await commit([_batch(SUBMITTED, ids[name], 0, ["new", "again", rejected])])
        # Scoring reads what owners confirm besides: that was sent by nobody outside.
        await commit([_batch("followup.changed.v1", UUID(int=5), 0, ["new"] * 7)])
    told = await count_outcome(settings)
    counted = told.scored, told.duplicates, told.dead_letters
    assert (told.published, counted) == (3, (1, 1, 1))
