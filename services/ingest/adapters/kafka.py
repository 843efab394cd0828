"""Publishing to Kafka from a process that has to outlive a broken producer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from shared.contracts.records import Outgoing
from shared.kafka.producer import Producer, PublishingError

log = structlog.get_logger()


class RenewingProducer:
    """A producer that is replaced when it can't go on.

    librdkafka gives up an idempotent producer for good after some errors. A worker ends then
    and starts anew; this process also serves others' requests, so only the producer is new.
    """

    def __init__(self, make: Callable[[], Producer]) -> None:
        self._make = make
        self._producer = make()
        self._farewells: set[asyncio.Task[None]] = set()

    async def send_all(self, messages: Sequence[Outgoing]) -> None:
        """Publish as Producer.send_all does, and raise what it raises."""
        producer = self._producer
        try:
            await producer.send_all(messages)
        except PublishingError as error:
            self._replace(producer, error)
            raise

    async def close(self) -> None:
        """Stop the producer and those that were replaced."""
        await asyncio.gather(self._producer.close(), *self._farewells)

    def _replace(self, broken: Producer, error: PublishingError) -> None:
        if self._producer is not broken:
            return  # another request has seen to it
        log.critical("the producer is replaced", error=str(error))
        self._producer = self._make()
        farewell = asyncio.ensure_future(broken.close())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
