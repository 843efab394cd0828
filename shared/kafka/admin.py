"""Topics and groups as the broker knows them, through kafka-python: no event loop needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import NewTopic, OffsetSpec
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import TopicPartition

from shared.contracts.catalog import Topic, topics
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition holds: offsets from `start` up to, not including, `end`."""

    start: int
    end: int


def create_topics(
    bootstrap_servers: str, *, topic_prefix: str = "", replication_factor: int = 1
) -> list[str]:
    """Create the contract's topics where they are missing; return the names of the new ones.

    Raises TransientError when the broker can't be reached.
    """
    with closing(_admin(bootstrap_servers)) as admin:
        present = set(admin.list_topics())
        missing = [
            _new_topic(topic_prefix + name, topic, replication_factor)
            for name, topic in topics().items()
            if topic_prefix + name not in present
        ]
        for new in missing:
            with suppress(TopicAlreadyExistsError):  # another process was quicker
                admin.create_topics([new])
        return [new.name for new in missing]


def extents(bootstrap_servers: str, names: Iterable[str]) -> Mapping[TopicPartition, Extent]:
    """Return what each partition of the topics `names` holds; topics that are not there, nothing.

    Raises TransientError when the broker can't be reached.
    """
    with closing(_admin(bootstrap_servers)) as admin:
        present = set(admin.list_topics())
        partitions = [
            TopicPartition(topic["name"], part["partition_index"])
            for topic in admin.describe_topics([name for name in names if name in present])
            for part in topic["partitions"]
        ]
        starts = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        return {tp: Extent(starts[tp].offset, ends[tp].offset) for tp in partitions}


def committed(bootstrap_servers: str, group: str) -> Mapping[TopicPartition, int]:
    """Return the offset that `group` has committed on each partition that it has read.

    Raises TransientError when the broker can't be reached or can't tell yet.
    """
    with closing(_admin(bootstrap_servers)) as admin:
        try:
            offsets = admin.list_group_offsets({group: None})[group]
        except KafkaError as error:
            raise TransientError(f"Kafka does not tell how far {group} is: {error}") from error
        return {tp: position.offset for tp, position in offsets.items() if position.offset >= 0}


def _new_topic(name: str, topic: Topic, replication_factor: int) -> NewTopic:
    return NewTopic(
        name,
        topic.partitions,
        replication_factor,
        topic_configs={
            "retention.ms": str(topic.retention_days * 86_400_000),
            "max.message.bytes": str(topic.max_bytes),
            "cleanup.policy": "delete",
            # One clock, the broker's: what is decided by a record's time is decided the same
            # whenever the topic is read again.
            "message.timestamp.type": "LogAppendTime",
        },
    )


def _admin(bootstrap_servers: str) -> KafkaAdminClient:
    try:
        return KafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="closedloop-admin")
    except KafkaError as error:
        raise TransientError(f"Kafka at {bootstrap_servers} does not answer: {error}") from error
