"""Publishing: librdkafka's idempotent producer behind one awaitable call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

import structlog
from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as KafkaProducer

from shared.contracts.records import Outgoing
from shared.errors import ClosedLoopError, TransientError

#: How long the broker may take to acknowledge before an attempt counts as failed.
DELIVERY_TIMEOUT_S = 30
#: Above every topic's own limit: the broker is the one to judge.
LARGEST_MESSAGE_BYTES = 4_000_000
_FULL_QUEUE_PAUSE_S = 0.005
_ACKNOWLEDGEMENTS_EVERY_S = 0.004

log = structlog.get_logger()


class PublishingError(ClosedLoopError):
    """No attempt will bring the message through: the configuration or this producer is broken.

    A message that is too large is one of ours: each topic has room for what it takes in, and
    for what a service adds to it (shared/contracts/topics.yaml).
    """


class Producer:
    """Publishes with acks=all and idempotence; a full queue is backpressure, never a drop.

    Keys are hashed as Java's clients do (murmur2), so that a key's events lie in one partition
    whoever publishes them. `topic_prefix` is put before every topic's name.
    """

    def __init__(self, bootstrap_servers: str, *, topic_prefix: str = "") -> None:
        self._prefix = topic_prefix
        self._kafka = KafkaProducer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "closedloop",
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 2,
                "compression.type": "lz4",
                "message.max.bytes": LARGEST_MESSAGE_BYTES,
                "delivery.timeout.ms": DELIVERY_TIMEOUT_S * 1000,
                "queue.buffering.max.messages": 100_000,
                "logger": _KafkaLog(),
            }
        )
        self._deliveries: set[_Delivery] = set()
        self._server: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send_all(self, messages: Sequence[Outgoing]) -> None:
        """Publish `messages` and return when the broker has acknowledged every one.

        Raises TransientError when it did not within the delivery timeout (some may have come
        through), PublishingError when another attempt can't help.
        """
        if not messages:
            return
        delivery = _Delivery(len(messages))
        self._deliveries.add(delivery)
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve_acknowledgements())
        try:
            for message in messages:
                while not self._queue(message, delivery):  # noqa: ASYNC110  (nobody tells of room)
                    await asyncio.sleep(_FULL_QUEUE_PAUSE_S)
            await delivery.acknowledged
        finally:
            self._deliveries.discard(delivery)

    async def close(self) -> None:
        """Stop. Whoever awaits `send_all` has had an answer by then."""
        if self._server is not None:
            await self._server
        await asyncio.to_thread(self._kafka.flush, DELIVERY_TIMEOUT_S)

    async def _serve_acknowledgements(self) -> None:
        """Take acknowledgements on the event loop's own thread, until none is awaited.

        On a thread of its own each of them would wait for the interpreter's lock, milliseconds
        apiece while a batch is being worked on.
        """
        while self._deliveries:
            self._kafka.poll(0)
            await asyncio.sleep(_ACKNOWLEDGEMENTS_EVERY_S)

    def _queue(self, message: Outgoing, delivery: _Delivery) -> bool:
        """Hand `message` to librdkafka; return whether there was room for it."""
        try:
            self._kafka.produce(
                self._prefix + message.topic,
                value=message.value,
                key=message.key,
                headers=dict(message.headers) if message.headers else None,
                on_delivery=delivery.settle,
            )
        except BufferError:
            return False
        except KafkaException as failure:
            delivery.settle(failure.args[0])
        return True


class _Delivery:
    """Counts the acknowledgements of one call."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._failure: KafkaError | None = None
        self.acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, error: KafkaError | None, _: Message | None = None) -> None:
        """Count one message as acknowledged, or failed with `error`."""
        self._left -= 1
        self._failure = self._failure or error
        if self._left == 0 and not self.acknowledged.done():
            self._conclude()

    def _conclude(self) -> None:
        if self._failure is None:
            self.acknowledged.set_result(None)
        else:
            self.acknowledged.set_exception(_error(self._failure))


_PERMANENT = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_RECORD,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
}


def _error(failure: KafkaError) -> ClosedLoopError:
    if failure.fatal() or failure.code() in _PERMANENT:
        return PublishingError(f"Kafka refuses the message: {failure.str()}")
    return TransientError(f"Kafka: {failure.str()}")


class _KafkaLog:
    """librdkafka's log lines among our own."""

    def log(self, level: int, pattern: str, *values: object) -> None:
        """Take a line as logging.Logger does; librdkafka uses this method alone."""
        log.log(level, "kafka producer", detail=pattern % values)
