"""The outbox: what a command over HTTP wants published, written in the command's transaction.

A command has no Kafka offset to come again after a crash, so its messages wait in a table; the
relay publishes them in order and marks them sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import structlog

from shared.contracts.records import Outgoing
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS, Connection, Pool
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parent / "sql" / "outbox.sql")
#: How long the relay sleeps when nobody wakes it: covers a notification lost with a connection.
LOOK_ANYWAY_S = 2.0
STOP_WITHIN_S = 5.0

log = structlog.get_logger()


def _query(name: str, schema: str) -> str:
    return QUERIES[name].replace("{schema}", schema)


def _channel(schema: str) -> str:
    return f"{schema}_outbox"


async def enqueue(connection: Connection, schema: str, messages: Sequence[Outgoing]) -> None:
    """Put `messages` into the outbox of `schema`, in the caller's transaction."""
    await connection.execute(
        _query("enqueue", schema),
        [message.topic for message in messages],
        [message.key for message in messages],
        [message.value for message in messages],
        _channel(schema),
    )


class Relay:
    """Publishes the outbox of one service, in order, for as long as it is entered.

    `pool` runs as the service's worker role. Several relays may run: one at a time has the
    turn. A message is marked after it was published, so that a crash between publishes it
    again; consumers drop what they have.
    """

    def __init__(
        self, pool: Pool, schema: str, *, publish: Callable[[Sequence[Outgoing]], Awaitable[None]]
    ) -> None:
        self._pool = pool
        self._schema = schema
        self._publish = publish
        self._woken = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"{self._schema} outbox relay")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping = True
        self._wake()
        if self._task is not None:
            # What is being published at this moment had better be marked, too.
            done, _ = await asyncio.wait([self._task], timeout=STOP_WITHIN_S)
            if not done:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._listen_and_send()
            except (TransientError, *TRANSIENT_ERRORS) as error:
                log.warning("outbox relay waits", service=self._schema, error=str(error))
                await asyncio.sleep(LOOK_ANYWAY_S)
            except Exception:  # a relay that ended would keep every later message to itself
                log.exception("outbox relay failed and tries again", service=self._schema)
                await asyncio.sleep(LOOK_ANYWAY_S)

    async def _listen_and_send(self) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(_query("forget_sent", self._schema))
            await connection.add_listener(_channel(self._schema), self._wake)
            try:
                while not (self._stopping or connection.is_closed()):
                    while await self._send_some():
                        pass
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), LOOK_ANYWAY_S)
                    self._woken.clear()
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(_channel(self._schema), self._wake)

    def _wake(self, *_: object) -> None:
        self._woken.set()

    async def _send_some(self) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(QUERIES["take_turn"], _channel(self._schema)):
                return False
            rows: list[asyncpg.Record] = await connection.fetch(_query("unsent", self._schema))
            if not rows:
                return False
            await self._publish(
                [Outgoing(topic=row["topic"], key=row["key"], value=row["value"]) for row in rows]
            )
            await connection.execute(_query("mark_sent", self._schema), [row["id"] for row in rows])
            return True
