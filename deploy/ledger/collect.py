"""Collects what the proof compares: the broker's extents, the ledger, the services' tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg

from deploy.ledger.proof import Account, Break, PartitionProof, Proof, mismatches, prove_partition
from shared.contracts.catalog import topics
from shared.errors import TransientError
from shared.kafka.admin import extents
from shared.kafka.topic_ids import topic_ids
from shared.postgres.pool import TRANSIENT_ERRORS, Connection
from shared.postgres.sqlfile import load
from shared.settings import Settings

QUERIES = load(Path(__file__).with_name("proof.sql"))

#: The tables with one row for each effect, by the group and the topic that bring them about.
EFFECTS = {
    ("scoring", "feedback.submitted.v1"): "scoring_effects",
    ("scoring", "followup.changed.v1"): "confirmation_effects",
    ("routing", "feedback.scored.v1"): "routing_effects",
    ("outer_loop", "feedback.scored.v1"): "outer_loop_effects",
}

_Key = tuple[str, UUID, int]


async def prove(settings: Settings) -> Proof:
    """Hold the ledger against broker and tables, as they are at this moment.

    Raises TransientError when a server can't be reached.
    """
    try:
        connection = await asyncpg.connect(settings.database_url)
    except TRANSIENT_ERRORS as error:
        raise TransientError(f"PostgreSQL does not answer: {error}") from error
    try:
        # One snapshot: the ledger and the effects of a batch are committed together.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            accounts = await _accounts(connection)
            differences = [
                *mismatches(
                    "effects", await _ledger(connection, "effects"), await _tables(connection)
                ),
                *mismatches(
                    "dead letters",
                    await _ledger(connection, "dead_letters"),
                    await _dead_letters(connection),
                ),
            ]
    finally:
        await connection.close()
    # The broker is asked last, so that no entered offset can lie behind the end it names.
    partitions = await asyncio.to_thread(_partitions, settings, accounts)
    return Proof(partitions=partitions, mismatches=differences)


def _partitions(settings: Settings, accounts: Mapping[_Key, Account]) -> list[PartitionProof]:
    prefix = settings.topic_prefix
    consumed = [(group, name) for name, topic in topics().items() for group in topic.consumers]
    names = {prefix + name for _, name in consumed}
    ids = topic_ids(settings.kafka_bootstrap_servers, names)
    held = extents(settings.kafka_bootstrap_servers, names)
    return [
        prove_partition(
            group,
            name,
            place.partition,
            start=extent.start,
            end=extent.end,
            account=accounts.get((group, ids[prefix + name], place.partition)),
        )
        for group, name in consumed
        for place, extent in sorted(held.items())
        if place.topic == prefix + name
    ]


async def _accounts(connection: Connection) -> dict[_Key, Account]:
    breaks: dict[_Key, list[Break]] = {}
    for row in await connection.fetch(QUERIES["breaks"]):
        key = (row["consumer_group"], row["topic_id"], row["partition"])
        breaks.setdefault(key, []).append(Break(row["expected"], row["found"]))
    return {
        (key := (row["consumer_group"], row["topic_id"], row["partition"])): Account(
            first_offset=row["first_offset"],
            last_offset=row["last_offset"],
            batches=row["batches"],
            handled=row["handled"],
            duplicates=row["duplicates"],
            dead_letters=row["dead_letters"],
            absent=row["absent"],
            breaks=breaks.get(key, ()),
        )
        for row in await connection.fetch(QUERIES["accounts"])
    }


async def _ledger(connection: Connection, column: str) -> dict[tuple[str, str], int]:
    return _by_group_and_topic(await connection.fetch(QUERIES["entered"]), column)


async def _dead_letters(connection: Connection) -> dict[tuple[str, str], int]:
    kept = _by_group_and_topic(await connection.fetch(QUERIES["dead_letters"]), "dead_letters")
    consumed = {(group, name): 0 for name, topic in topics().items() for group in topic.consumers}
    return consumed | kept


async def _tables(connection: Connection) -> dict[tuple[str, str], int]:
    counts = {}
    for (group, topic), query in EFFECTS.items():
        # Row-level security is forced: the service's own role sees all tenants.
        await connection.execute("SELECT set_config('role', $1, true)", f"closedloop_{group}")
        counts[group, topic] = await connection.fetchval(QUERIES[query])
    return counts


def _by_group_and_topic(rows: Sequence[asyncpg.Record], column: str) -> dict[tuple[str, str], int]:
    return {(row["consumer_group"], row["topic"]): row[column] for row in rows}
