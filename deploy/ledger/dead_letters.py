"""Dead letters for a person: which there are, what they hold, and another try.

The ledger's table says why each is one; its bytes lie on the group's dead-letter topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from kafka import KafkaConsumer, TopicPartition

from shared.contracts.catalog import dead_letter_topic
from shared.contracts.records import Outgoing
from shared.errors import ClosedLoopError, TransientError
from shared.ids import derived_id
from shared.kafka.admin import Extent, extents
from shared.kafka.dead_letters import DeadLetter, parse
from shared.kafka.producer import Producer
from shared.postgres.pool import TRANSIENT_ERRORS
from shared.postgres.sqlfile import load
from shared.settings import Settings

QUERIES = load(Path(__file__).with_name("dead_letters.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A dead letter as the ledger knows it."""

    group: str
    topic: str
    topic_id: UUID
    partition: int
    offset: int
    code: str
    field: str
    detail: str
    recorded_at: datetime
    replayed_at: datetime | None

    @property
    def id(self) -> str:
        """The id that the dead letter bears on its topic."""
        return str(derived_id(self.group, str(self.topic_id), self.partition, self.offset))


async def listed(
    settings: Settings, *, group: str | None = None, code: str | None = None
) -> list[Listed]:
    """Return the dead letters, the latest first; of one group or with one reason code only."""
    connection = await _connect(settings)
    try:
        rows = await connection.fetch(QUERIES["list_dead_letters"], group, code)
        return [Listed(group=row[0], **dict(list(row.items())[1:])) for row in rows]
    finally:
        await connection.close()


def contents(
    settings: Settings, groups: Collection[str], ids: Collection[str]
) -> Mapping[str, DeadLetter]:
    """Return the dead letters `ids` with their bytes, read from the topics of `groups`."""
    return {
        letter.id: letter
        for group in groups
        for letter in _on_topic(settings, group)
        if letter.id in ids
    }


async def replay(settings: Settings, chosen: Sequence[Listed]) -> int:
    """Publish `chosen` once more where they came from, byte for byte; return how many.

    Each is handled like any new message: an event that was handled meanwhile is a duplicate,
    one that still can't be handled becomes a dead letter again.

    Raises ClosedLoopError when a dead letter's bytes are no longer on its topic.
    """
    kept = await asyncio.to_thread(
        contents, settings, {one.group for one in chosen}, {one.id for one in chosen}
    )
    if gone := [one.id for one in chosen if one.id not in kept]:
        raise ClosedLoopError(
            f"{len(gone)} dead letters are no longer on their topic, the first is {gone[0]}.",
            remedy="Their retention has ended; ask the publisher to send them again.",
        )
    producer = Producer(settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix)
    try:
        await producer.send_all(
            [
                Outgoing(topic=one.topic, key=kept[one.id].key, value=kept[one.id].value)
                for one in chosen
            ]
        )
    finally:
        await producer.close()
    await _mark_replayed(settings, chosen)
    return len(chosen)


async def _mark_replayed(settings: Settings, chosen: Sequence[Listed]) -> None:
    connection = await _connect(settings)
    try:
        await connection.execute(
            QUERIES["mark_replayed"],
            [one.group for one in chosen],
            [one.topic_id for one in chosen],
            [one.partition for one in chosen],
            [one.offset for one in chosen],
        )
    finally:
        await connection.close()


async def _connect(settings: Settings) -> asyncpg.Connection[asyncpg.Record]:
    try:
        return await asyncpg.connect(settings.database_url)
    except TRANSIENT_ERRORS as error:
        raise TransientError(f"PostgreSQL does not answer: {error}") from error


def _on_topic(settings: Settings, group: str) -> Iterator[DeadLetter]:
    name = settings.topic_prefix + dead_letter_topic(group)
    held = extents(settings.kafka_bootstrap_servers, [name])
    with closing(
        KafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False)
    ) as consumer:
        consumer.assign(list(held))
        consumer.seek_to_beginning()
        while _unread(consumer, held):
            for messages in consumer.poll(timeout_ms=1000).values():
                for message in messages:
                    yield parse(message.headers, message.key, message.value)


def _unread(consumer: KafkaConsumer, held: Mapping[TopicPartition, Extent]) -> bool:
    return any(consumer.position(place) < extent.end for place, extent in held.items())
