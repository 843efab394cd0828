"""An independent reader: kafka-python, json and counting, none of the product's own code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord


@dataclass(frozen=True)
class Seen:
    """What a topic holds."""

    records: int
    valid_ids: frozenset[str]
    valid_records: int
    detractor_ids: frozenset[str]
    malformed: Counter[bytes | None]


def submitted(bootstrap_servers: str, topic: str) -> Seen:
    """Count what was submitted. A valid event bears an id that begins with "ok-"."""
    valid: Counter[str] = Counter()
    detractors = set()
    malformed: Counter[bytes | None] = Counter()
    for value in values(bootstrap_servers, topic):
        event = _json(value)
        if isinstance(event, dict) and str(event.get("id")).startswith("ok-"):
            valid[event["id"]] += 1
            if event["data"]["rating"]["value"] <= 6:
                detractors.add(event["id"])
        else:
            malformed[value] += 1
    return Seen(
        records=valid.total() + malformed.total(),
        valid_ids=frozenset(valid),
        valid_records=valid.total(),
        detractor_ids=frozenset(detractors),
        malformed=malformed,
    )


def values(bootstrap_servers: str, topic: str) -> Iterator[bytes | None]:
    """Yield the value of every message of `topic`."""
    for message in read(bootstrap_servers, topic):
        yield message.value


def read(bootstrap_servers: str, topic: str) -> Iterator[ConsumerRecord]:
    """Yield every message of `topic`, from the beginning to where it ends now."""
    with closing(
        KafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    ) as consumer:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.seek_to_beginning()
        while any(consumer.position(place) < ends[place] for place in places):
            for messages in consumer.poll(timeout_ms=1_000).values():
                yield from messages


def lag(bootstrap_servers: str, group: str, topics: list[str]) -> int:
    """Return how many offsets of `topics` lie behind what `group` has committed."""
    with (
        closing(KafkaAdminClient(bootstrap_servers=bootstrap_servers)) as admin,
        closing(KafkaConsumer(bootstrap_servers=bootstrap_servers)) as consumer,
    ):
        places = [
            TopicPartition(topic, n)
            for topic in topics
            for n in consumer.partitions_for_topic(topic) or ()
        ]
        ends = consumer.end_offsets(places)
        committed = admin.list_group_offsets({group: None})[group]
        return sum(
            end - max(0, committed[place].offset if place in committed else 0)
            for place, end in ends.items()
        )


def members(bootstrap_servers: str, group: str) -> int:
    """Return how many members of `group` have partitions to read."""
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap_servers)) as admin:
        described = admin.describe_groups([group])[group]
        shares = [member["member_assignment"] for member in described["members"]]
        return len([share for share in shares if share and share["assigned_partitions"]])


def _json(value: bytes | None) -> object:
    try:
        return json.loads(value or b"")
    except ValueError:
        return None
