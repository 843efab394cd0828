"""Real servers that a test may restart under the workers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local import kafka, postgres
from deploy.local.processes import Command, spawn, stop, until_ready
from tests.support import servers


@dataclass
class Server:
    """A server process that keeps its data and its port when it is started again."""

    command: Command
    ready: Callable[[], Awaitable[None]]
    log: Path
    address: str
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = await spawn(self.command, self.log)
        await until_ready(self._process, self.command, self.ready(), log=self.log, within_s=90)

    async def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            await stop(self._process, self.command)

    async def restart(self) -> None:
        """Stop it and start it again."""
        await self.stop()
        await self.start()


@contextlib.asynccontextmanager
async def running_kafka(folder: Path) -> AsyncIterator[Server]:
    """Run a Kafka of the test's own."""
    server = servers.kafka_server(folder)
    log = folder / "kafka.log"
    await kafka.prepare(server, log)
    broker = Server(
        kafka.command(server),
        lambda: kafka.until_ready(server),
        log,
        server.bootstrap_servers,
    )
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@contextlib.asynccontextmanager
async def running_postgres(folder: Path) -> AsyncIterator[Server]:
    """Run a PostgreSQL of the test's own, with every promise to the disk kept."""
    lodging = postgres.find_lodging(folder / "postgres")
    server = servers.postgres_server(lodging)
    log = folder / "postgres.log"
    await postgres.prepare(server, log)
    database = Server(
        postgres.command(server),
        lambda: postgres.until_ready(server),
        log,
        server.url("postgres"),
    )
    await database.start()
    try:
        yield database
    finally:
        await database.stop()
        lodging.remove()
