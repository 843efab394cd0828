"""Three ways to read a topic and parse each value as JSON: which transport costs least?

`python -m tests.bench.contestants.parsing batch|faust|aiokafka TOPIC EVENTS` prints the events
that it has parsed and the seconds from the first to the last.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from typing import Any

import aiokafka
import faust
import uvloop

from shared.kafka.worker import Consumer, build_app
from shared.settings import Settings

#: A slow contestant is not waited for: its rate is plain by then.
LONGEST_S = 10.0


@dataclass
class Tally:
    """Counts events until there are enough, and remembers when the first came."""

    wanted: int
    events: int = 0
    began: float = 0.0

    def add(self, events: int) -> None:
        """Count `events` more; the first batch only starts the clock."""
        if not self.began:
            self.began = time.perf_counter()
            self.wanted -= events
            return
        self.events += events
        if self.events >= self.wanted or time.perf_counter() - self.began > LONGEST_S:
            self._report()

    def _report(self) -> None:
        seconds = time.perf_counter() - self.began
        sys.stdout.write(json.dumps({"events": self.events, "seconds": seconds}) + "\n")
        sys.stdout.flush()
        os._exit(0)


def batch_transport(servers: str, topic: str, tally: Tally) -> None:
    """Read with Faust through the batch transport."""
    settings = Settings.model_validate(
        {
            "DATABASE_URL": "none",
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "topic_prefix": f"bench-{uuid.uuid4().hex}-",
        }
    )
    app = build_app(Consumer(group="bench", open=lambda _: None), settings)  # type: ignore[arg-type,return-value]  # opens nothing
    channel = app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw")

    async def take(stream: Any) -> None:  # noqa: ANN401  (Faust's own)
        async for event in stream.noack().events():
            chunk = event.message.value
            for record in chunk.records:
                json.loads(record.value)
            app.consumer.finish(chunk)  # type: ignore[attr-defined]  # the transport's own
            event.ack()
            tally.add(len(chunk.records))

    app.agent(channel)(take)
    _run(app)


def stock_faust(servers: str, topic: str, tally: Tally) -> None:
    """Read with Faust as it comes."""
    app = faust.App(
        f"bench-{uuid.uuid4().hex}",
        broker=f"kafka://{servers}",
        value_serializer="json",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=tempfile.gettempdir(),
    )

    async def take(stream: Any) -> None:  # noqa: ANN401  (Faust's own)
        async for _ in stream:
            tally.add(1)

    app.agent(app.topic(topic, value_serializer="json"))(take)
    _run(app)


def bare_aiokafka(servers: str, topic: str, tally: Tally) -> None:
    """Read with the client library alone."""

    async def main() -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            topic,
            bootstrap_servers=servers,
            group_id=f"bench-{uuid.uuid4().hex}",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        while True:
            for records in (await consumer.getmany(timeout_ms=1000, max_records=2000)).values():
                for record in records:
                    json.loads(record.value)
                tally.add(len(records))

    asyncio.run(main())


def _run(app: faust.App) -> None:
    async def main() -> None:
        await app.start()
        await app.wait_until_stopped()

    asyncio.run(main())


CONTESTANTS = {"batch": batch_transport, "faust": stock_faust, "aiokafka": bare_aiokafka}

if __name__ == "__main__":
    uvloop.install()
    name, topic_name, wanted = sys.argv[1:]
    CONTESTANTS[name](os.environ["KAFKA_BOOTSTRAP_SERVERS"], topic_name, Tally(int(wanted)))
