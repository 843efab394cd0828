from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from shared.contracts.records import Outgoing
from shared.errors import TransientError
from shared.postgres.outbox import Relay, enqueue
from shared.postgres.pool import Pool
from tests.support.waiting import until


class Witness:
    """Stands where Kafka would, and can be away."""

    def __init__(self) -> None:
        self.seen: list[bytes | None] = []
        self.away = 0

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if self.away:
            self.away -= 1
            raise TransientError("Kafka is away.")
        self.seen += [message.value for message in messages]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with asyncpg.create_pool(database_url) as opened:
        await opened.execute("CREATE SCHEMA probe")
        await opened.execute("CREATE TABLE probe.outbox (LIKE ground.outbox INCLUDING ALL)")
        yield opened


async def put(pool: Pool, *values: bytes) -> None:
    async with pool.acquire() as connection, connection.transaction():
        messages = [Outgoing(topic="t", key=b"k", value=value) for value in values]
        await enqueue(connection, "probe", messages)


async def put_and_fail(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await enqueue(connection, "probe", [Outgoing(topic="t", key=None, value=b"no")])
        raise ZeroDivisionError


async def unsent(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM probe.outbox WHERE sent_at IS NULL")
    return count


async def test_messages_are_published_in_order_and_marked(pool: Pool) -> None:
    witness = Witness()
    await put(pool, b"before")
    async with Relay(pool, "probe", publish=witness.publish):
        await put(pool, b"one", b"two")
        await put(pool, b"three")
        await until(lambda: len(witness.seen) == 4)
        assert witness.seen == [b"before", b"one", b"two", b"three"]
    assert await unsent(pool) == 0


async def test_a_command_that_is_rolled_back_publishes_nothing(pool: Pool) -> None:
    witness = Witness()
    async with Relay(pool, "probe", publish=witness.publish):
        with pytest.raises(ZeroDivisionError):
            await put_and_fail(pool)
        await put(pool, b"yes")
        await until(lambda: witness.seen)
    assert witness.seen == [b"yes"]


async def test_while_kafka_is_away_messages_wait(pool: Pool) -> None:
    witness = Witness()
    witness.away = 1
    await put(pool, b"patient")
    async with Relay(pool, "probe", publish=witness.publish):
        await until(lambda: witness.seen == [b"patient"])
    assert await unsent(pool) == 0


async def test_two_relays_publish_each_message_once(pool: Pool) -> None:
    witness = Witness()
    async with (
        Relay(pool, "probe", publish=witness.publish),
        Relay(pool, "probe", publish=witness.publish),
    ):
        values = [str(n).encode() for n in range(1200)]
        await asyncio.gather(*(put(pool, *values[n : n + 100]) for n in range(0, 1200, 100)))
        await until(lambda: len(witness.seen) >= 1200)
    assert sorted(filter(None, witness.seen)) == sorted(values)


async def test_a_relay_whose_connection_is_cut_goes_on(pool: Pool) -> None:
    witness = Witness()

    async def put_again() -> bool:
        try:
            await put(pool, b"two")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return True

    async with Relay(pool, "probe", publish=witness.publish):
        await put(pool, b"one")
        await until(lambda: witness.seen == [b"one"])
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await until(put_again)
        await until(lambda: b"two" in witness.seen)


async def test_a_relay_goes_on_after_a_failure_that_nobody_foresaw(pool: Pool) -> None:
    witness = Witness()
    failures = [ZeroDivisionError(), asyncpg.InternalClientError("in a strange state")]

    async def fail_first(messages: Sequence[Outgoing]) -> None:
        if failures:
            raise failures.pop()
        await witness.publish(messages)

    async with Relay(pool, "probe", publish=fail_first):
        await put(pool, b"one")
        await until(lambda: witness.seen == [b"one"])
    assert await unsent(pool) == 0
