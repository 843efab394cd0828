"""One Kafka and one PostgreSQL for a whole test run, on data that nobody keeps."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path

from deploy.local import jars, kafka, ports, postgres
from deploy.local.processes import Command, spawn, stop, until_ready

_READY_WITHIN_S = 60.0
_CONNECTIONS = {"max_connections": "300"}
#: A disk in memory: a database is some thousand files, and each test has its own.
_MEMORY = Path("/dev/shm")  # noqa: S108  (the folder in it is made by tempfile)
_MEMORY_NEEDED = 4 * 2**30


def kafka_server(folder: Path) -> kafka.KafkaServer:
    """Describe a Kafka in `folder`, on free ports."""
    locked = jars.read_lock(jars.LOCK.read_text())
    cache = jars.cache_folder(jars.kafka_version(locked))
    port = ports.choose()
    return kafka.KafkaServer(
        folder=folder / "kafka",
        port=port,
        controller_port=ports.choose(taken=[port]),
        jars=jars.ensure(locked, cache, lambda _done, _total: None),
    )


def postgres_server(lodging: postgres.Lodging) -> postgres.PostgresServer:
    """Describe a PostgreSQL that lives in `lodging`, on a free port."""
    return postgres.PostgresServer(
        data=lodging.data,
        binaries=lodging.binaries,
        user=lodging.user,
        port=ports.choose(),
        password="for-tests-only",
    )


@contextlib.asynccontextmanager
async def running_kafka(folder: Path) -> AsyncIterator[str]:
    """Run a Kafka and give its bootstrap address."""
    server = kafka_server(folder)
    log = folder / "kafka.log"
    await kafka.prepare(server, log)
    async with running(kafka.command(server), kafka.until_ready(server), log):
        yield server.bootstrap_servers


@contextlib.asynccontextmanager
async def running_postgres(folder: Path) -> AsyncIterator[str]:
    """Run a PostgreSQL and give the address of its database `postgres`."""
    with contextlib.ExitStack() as stack:
        lodging = postgres.find_lodging(stack.enter_context(_quick_folder(folder)) / "postgres")
        stack.callback(lodging.remove)
        server = postgres_server(lodging)
        log = folder / "postgres.log"
        await postgres.prepare(server, log)
        command = postgres.command(server, settings={**postgres.FORGETFUL, **_CONNECTIONS})
        async with running(command, postgres.until_ready(server), log):
            yield server.url("postgres")


@contextlib.contextmanager
def _quick_folder(otherwise: Path) -> Iterator[Path]:
    """Give a folder in memory where the machine has room for one, else the other one."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _MEMORY_NEEDED:
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix="closedloop-tests-", dir=_MEMORY) as name:
        Path(name).chmod(0o711)  # PostgreSQL may run as another user
        yield Path(name)


@contextlib.asynccontextmanager
async def running(
    command: Command, ready: Awaitable[None], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command until the block ends; the block begins when it is ready."""
    process = await spawn(command, log)
    try:
        await until_ready(process, command, ready, log=log, within_s=_READY_WITHIN_S)
        yield process
    finally:
        await stop(process, command)
