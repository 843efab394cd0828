"""The whole product on this machine, from an empty folder to a page that answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.local import jars, kafka, parts, postgres
from deploy.local.announce import Announcer, Step
from deploy.local.claim import claim
from deploy.local.errors import from_os_error
from deploy.local.jar import Jar
from deploy.local.kafka import KafkaServer
from deploy.local.place import Place
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Identity
from deploy.local.state import PartState, Phase, State, write_state
from deploy.local.supervisor import Part, Supervisor
from deploy.local.wishes import Wishes
from shared.kafka.admin import create_topics
from shared.postgres.migrate import migrate


@dataclass(slots=True, kw_only=True)
class Stack:
    """Starts everything in order, looks after it, and stops it in the other order.

    `state` is what `claim` returned; it is written to the place at every change.
    """

    place: Place
    wishes: Wishes
    announcer: Announcer
    state: State
    _kafka_name: str = "your Kafka"
    _postgres_name: str = "your PostgreSQL"
    _supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self._supervisor = Supervisor(
            say=self.announcer.say, changed=lambda states: self._note(parts=dict(states))
        )

    @property
    def environment(self) -> Mapping[str, str]:
        """What the product's processes are configured with, once the servers run."""
        return self.state.environment

    @property
    def public_url(self) -> str:
        """Where a browser finds the product."""
        return f"http://localhost:{self.state.ports.web}"

    def processes(self) -> dict[str, Identity]:
        """Return the processes that run, by the names of their parts."""
        return {name: part.identity for name, part in self.state.parts.items()}

    @property
    def servers(self) -> str:
        """The servers, by name and version where they were started here."""
        return f"{self._kafka_name}, {self._postgres_name}"

    async def start(self) -> None:
        """Start all of it. Raises LocalError when a part fails; `stop` ends the others."""
        self._note_environment(
            CLOSEDLOOP_TOPIC_PREFIX=os.environ.get("CLOSEDLOOP_TOPIC_PREFIX", "")
        )
        await _side_by_side(self._have_kafka(), self._have_postgres())
        await _side_by_side(self._create_topics(), self._migrate())
        with self.announcer.step("Services"):
            await _side_by_side(*map(self._supervisor.start, self._service_parts()))
        self._note(phase="ready")

    async def stop(self) -> None:
        """Stop all that runs: services first, then the servers that they stand on."""
        self._note(phase="stopping")
        await self._supervisor.stop([*parts.WORKERS, parts.WEB])
        await self._supervisor.stop([kafka.NAME, postgres.NAME])
        self._note(phase="stopped")

    async def _have_kafka(self) -> None:
        address = self.wishes.kafka_bootstrap_servers
        if not address:
            locked = jars.read_lock(jars.LOCK.read_text())
            self._kafka_name = f"Kafka {jars.kafka_version(locked)}"
            with self.announcer.step(self._kafka_name) as step:
                address = await self._start_kafka(locked, step)
        self._note_environment(KAFKA_BOOTSTRAP_SERVERS=address)

    async def _start_kafka(self, locked: list[Jar], step: Step) -> str:
        folder = jars.cache_folder(jars.kafka_version(locked))
        paths = await asyncio.to_thread(
            jars.ensure,
            locked,
            folder,
            lambda done, total: step.update(f"{done} of {total} jars downloaded"),
        )
        server = KafkaServer(
            folder=self.place.kafka,
            port=self.state.ports.kafka,
            controller_port=self.state.ports.kafka_controller,
            jars=paths,
        )
        log = self.place.log("kafka")
        await kafka.prepare(server, log)
        await self._supervisor.start(
            Part(command=kafka.command(server), log=log, ready=lambda: kafka.until_ready(server))
        )
        return server.bootstrap_servers

    async def _have_postgres(self) -> None:
        address = self.wishes.database_url
        if not address:
            lodging = await asyncio.to_thread(postgres.find_lodging, self.place.postgres)
            server = PostgresServer(
                data=lodging.data,
                binaries=lodging.binaries,
                user=lodging.user,
                port=self.state.ports.postgres,
                password=self.place.secret("postgres-password"),
            )
            self._postgres_name = f"PostgreSQL {postgres.major_version(lodging.binaries)}"
            with self.announcer.step(self._postgres_name):
                await self._start_postgres(server)
            address = server.url()
        self._note_environment(DATABASE_URL=address)

    async def _start_postgres(self, server: PostgresServer) -> None:
        log = self.place.log("postgres")
        await postgres.prepare(server, log)
        await self._supervisor.start(
            Part(
                command=postgres.command(server),
                log=log,
                ready=lambda: postgres.until_ready(server),
            )
        )

    async def _create_topics(self) -> None:
        with self.announcer.step("Topics"):
            await asyncio.to_thread(
                create_topics,
                self.environment["KAFKA_BOOTSTRAP_SERVERS"],
                topic_prefix=self.environment["CLOSEDLOOP_TOPIC_PREFIX"],
            )

    async def _migrate(self) -> None:
        with self.announcer.step("Migrations"):
            await asyncio.to_thread(migrate, self.environment["DATABASE_URL"])

    def _service_parts(self) -> list[Part]:
        self._note_environment(
            CLOSEDLOOP_SECRET=os.environ.get("CLOSEDLOOP_SECRET") or self.place.secret("secret"),
            CLOSEDLOOP_MODE="local",
            CLOSEDLOOP_LOG_FORMAT="json",
            CLOSEDLOOP_PUBLIC_URL=self.public_url,
        )
        return [*map(self._worker, parts.WORKERS), self._web()]

    def _worker(self, service: str) -> Part:
        log = self.place.log(service)
        return Part(
            command=parts.worker_command(service, self.environment),
            log=log,
            ready=lambda: parts.until_worker_ready(log),
        )

    def _web(self) -> Part:
        port = self.state.ports.web
        return Part(
            command=parts.web_command(port, self.environment),
            log=self.place.log("web"),
            ready=lambda: parts.until_web_ready(port),
        )

    def _note_environment(self, **variables: str) -> None:
        self._note(environment={**self.environment, **variables})

    def _note(
        self,
        *,
        phase: Phase | None = None,
        parts: dict[str, PartState] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        changes = {"phase": phase, "parts": parts, "environment": environment}
        known = {name: value for name, value in changes.items() if value is not None}
        self.state = self.state.model_copy(update=known)
        try:
            write_state(self.place.state_file, self.state)
        except OSError as error:
            # A full disk must not keep us from stopping. A start on one fails for its own reasons.
            if self.state.phase == "ready":
                self.announcer.say(str(from_os_error(error, "write")))


async def prepare(place: Place, wishes: Wishes, announcer: Announcer) -> Stack:
    """Return the product of `place`, claimed and not yet started."""
    state = await claim(place, wishes, announcer)
    return Stack(place=place, wishes=wishes, announcer=announcer, state=state)


async def _side_by_side(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it at once; when one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
