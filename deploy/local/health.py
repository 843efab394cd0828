"""How the running product is: what still lies before its parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import asyncpg

from shared.contracts.catalog import topics
from shared.kafka.admin import committed, extents
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parent / "sql" / "health.sql")
#: The services whose commands over HTTP leave messages to publish.
OUTBOXES = ("routing", "outer_loop")


def consumer_lags(bootstrap_servers: str, topic_prefix: str = "") -> Mapping[str, int]:
    """Return how many records each consumer group has not acknowledged yet.

    Raises TransientError when the broker cannot be reached.
    """
    held = extents(bootstrap_servers, [topic_prefix + name for name in topics()])
    groups = {group for topic in topics().values() for group in topic.consumers}
    lags: dict[str, int] = {}
    for group in sorted(groups):
        positions = committed(bootstrap_servers, topic_prefix + group)
        lags[group] = sum(
            max(0, extent.end - positions.get(partition, extent.start))
            for partition, extent in held.items()
            if group in topics()[partition.topic.removeprefix(topic_prefix)].consumers
        )
    return lags


async def unsent_messages(database_url: str) -> Mapping[str, int]:
    """Return how many messages each outbox still holds."""
    connection = await asyncpg.connect(database_url)
    try:
        return {
            schema: await connection.fetchval(
                QUERIES["unsent_messages"].replace("{schema}", schema)
            )
            for schema in OUTBOXES
        }
    finally:
        await connection.close()
