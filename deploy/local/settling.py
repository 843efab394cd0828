"""Waiting until nothing is on its way any more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from deploy.local import health
from deploy.local.errors import LocalError
from deploy.local.polling import until
from shared.contracts.catalog import topics
from shared.kafka.admin import extents
from shared.settings import Settings


@dataclass(slots=True, kw_only=True)
class Settling:
    """Looks at outboxes, lags and the ends of all topics, and remembers the last ends.

    The parts are not looked at in one moment, so once is not enough: all is settled when
    nothing waits and no topic has grown since the look before, when nothing waited either.
    """

    settings: Settings
    _quiet_ends: tuple[int, ...] | None = None

    async def is_settled(self) -> bool:
        """Look once more."""
        unsent = await health.unsent_messages(self.settings.database_url)
        servers, prefix = self.settings.kafka_bootstrap_servers, self.settings.topic_prefix
        lags = await asyncio.to_thread(health.consumer_lags, servers, prefix)
        names = [prefix + name for name in topics()]
        held = await asyncio.to_thread(extents, servers, names)
        ends = tuple(held[partition].end for partition in sorted(held))
        waits = any(unsent.values()) or any(lags.values())
        before, self._quiet_ends = self._quiet_ends, None if waits else ends
        return not waits and ends == before


async def settle(settings: Settings, *, within_s: float) -> None:
    """Return once nothing is on its way; raise LocalError when that takes too long."""
    try:
        async with asyncio.timeout(within_s):
            await until(Settling(settings=settings).is_settled)
    except TimeoutError as error:
        lags = await asyncio.to_thread(
            health.consumer_lags, settings.kafka_bootstrap_servers, settings.topic_prefix
        )
        raise LocalError(
            f"Not everything was handled within {within_s:.0f} s: {dict(lags)} records wait.",
            remedy="See closedloop status, and the logs of the groups that wait.",
        ) from error
