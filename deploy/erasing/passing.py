"""Waits until what is on its way at this moment has arrived in the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from kafka import TopicPartition

from deploy.local import health
from deploy.local.polling import until
from shared.contracts.catalog import topics
from shared.errors import ClosedLoopError, TransientError
from shared.kafka.admin import committed, extents
from shared.settings import Settings

#: Feedback is scored, then routed, then what became of it is counted: three topics in a row.
HOPS = 3
WITHIN_S = 120.0


async def until_all_passed(settings: Settings, *, within_s: float = WITHIN_S) -> None:
    """Return once every group has read what the topics hold now, and what follows from it.

    What comes meanwhile is not waited for. Raises ClosedLoopError when it takes too long.
    """
    try:
        async with asyncio.timeout(within_s):
            for _ in range(HOPS):
                await _until_unsent_are_sent(settings)
                await _until_read(settings)
    except TimeoutError as error:
        raise ClosedLoopError(
            f"Nothing was erased: after {within_s:.0f} s events that may speak of the customer"
            " are still on their way.",
            remedy="closedloop status says which group waits; erase again when it has caught up.",
        ) from error


async def _until_unsent_are_sent(settings: Settings) -> None:
    async def is_empty() -> bool:
        return not any((await health.unsent_messages(settings.database_url)).values())

    await until(is_empty)


async def _until_read(settings: Settings) -> None:
    servers, prefix = settings.kafka_bootstrap_servers, settings.topic_prefix
    names = [prefix + name for name in topics()]
    ends = {
        place: extent.end
        for place, extent in (await asyncio.to_thread(extents, servers, names)).items()
        if extent.end > extent.start
    }

    async def is_read() -> bool:
        with suppress(TransientError):  # a coordinator that moves knows nothing for a moment
            return await asyncio.to_thread(_is_read, settings, ends)
        return False

    await until(is_read)


def _is_read(settings: Settings, ends: Mapping[TopicPartition, int]) -> bool:
    prefix, catalog = settings.topic_prefix, topics()
    readers = {place: catalog[place.topic.removeprefix(prefix)].consumers for place in ends}
    positions = {
        group: committed(settings.kafka_bootstrap_servers, prefix + group)
        for group in {group for groups in readers.values() for group in groups}
    }
    return all(
        positions[group].get(place, 0) >= end
        for place, end in ends.items()
        for group in readers[place]
    )
