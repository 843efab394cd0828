"""100,000 events through the whole loop while everything that can fail does.

Afterwards nothing is missing and nothing is there twice, as an independent reader counts it,
and the committed offsets stand at the end of every partition: a transport that never commits
would pass all else, because the database drops the repeats.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from functools import partial
from itertools import islice
from pathlib import Path

import asyncpg
import pytest
from kafka.errors import KafkaError

from deploy.ledger.collect import prove
from deploy.ledger.dead_letters import listed, replay
from shared.clock import SystemClock
from shared.contracts.records import Outgoing
from shared.errors import TransientError
from shared.kafka.admin import create_topics
from shared.kafka.producer import Producer
from shared.postgres.migrate import migrate
from shared.program.store import ProgramStore
from shared.settings import Settings
from tests.faults import witness
from tests.faults.keeper import Kept, kept
from tests.faults.restarting import Server, running_kafka, running_postgres
from tests.faults.traffic import TOPIC, TRIPPING_ID, messages
from tests.support.waiting import until

EVENTS = 100_000
KILLS = 20
RATE = 1_500  # events a second: slow enough for every fault to meet some on their way
SETTLED_WITHIN_S = 300.0
SEED = 20260301

GROUPS = {
    "scoring": [TOPIC, "followup.changed.v1"],
    "routing": ["feedback.scored.v1"],
    "outer_loop": ["feedback.scored.v1", "followup.changed.v1"],
}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_kafka(tmp_path) as server:
        yield server


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_postgres(tmp_path) as server:
        yield server


@pytest.fixture
async def site(broker: Server, database: Server) -> Settings:
    """Settings of a migrated product with one tenant."""
    create_topics(broker.address)
    await asyncio.to_thread(migrate, database.address)
    async with asyncpg.create_pool(database.address) as pool:
        program = Path(__file__).with_name("program.yaml").read_text()
        await ProgramStore(pool, SystemClock()).activate(program, who="test", why="a test")
    return Settings.model_validate(
        {
            "DATABASE_URL": database.address,
            "KAFKA_BOOTSTRAP_SERVERS": broker.address,
            "secret": "a secret for tests, long enough to sign with",
        }
    )


@pytest.mark.faults
@pytest.mark.timeout(1500)
async def test_nothing_is_lost_and_nothing_is_there_twice(
    site: Settings, broker: Server, database: Server, tmp_path: Path
) -> None:
    async with (
        kept("tests.faults.tripping", site, tmp_path) as scoring,
        kept("services.routing", site, tmp_path) as routing,
        kept("services.outer_loop", site, tmp_path) as outer_loop,
    ):
        async with asyncio.TaskGroup() as faults:
            faults.create_task(publish(site))
            for number, worker in enumerate((scoring, routing, outer_loop)):
                faults.create_task(kill_again_and_again(worker, random.Random(SEED + number)))
            faults.create_task(restart_servers(broker, database))
            faults.create_task(cut_connections(database.address))
            faults.create_task(more_and_fewer_workers(site, tmp_path))
        await until_settled(site, tmp_path, within_s=SETTLED_WITHIN_S)
        assert [worker.kills for worker in (scoring, routing, outer_loop)] == [KILLS] * 3

    await compare_with_the_witness(site)
    await replay_the_dead_letters(site, tmp_path)


# ── faults ───────────────────────────────────────────────────────────────────────────────────


async def publish(site: Settings) -> None:
    """Put the traffic on the topic, as upstream systems do, at a steady rate."""
    producer = Producer(site.kafka_bootstrap_servers)
    loop = asyncio.get_running_loop()
    began = loop.time()
    traffic = messages(EVENTS, seed=SEED)
    for sent in range(0, EVENTS, 250):
        await send_persistently(producer, list(islice(traffic, 250)))
        await asyncio.sleep(max(0.0, began + (sent + 250) / RATE - loop.time()))
    await producer.close()


async def send_persistently(producer: Producer, some: list[Outgoing]) -> None:
    """Send until it is acknowledged, as publishers do; some may get through twice that way."""
    while True:
        try:
            return await producer.send_all(some)
        except TransientError:
            continue


async def kill_again_and_again(worker: Kept, rng: random.Random) -> None:
    """SIGKILL one worker KILLS times, at moments that have nothing to do with what it does."""
    while worker.kills < KILLS:
        await asyncio.sleep(rng.uniform(0.5, 4.0))
        worker.kill()


async def restart_servers(broker: Server, database: Server) -> None:
    """Restart the database, then the broker, while all is under way."""
    await asyncio.sleep(10)
    await database.restart()
    await asyncio.sleep(10)
    await broker.restart()


async def cut_connections(database_url: str) -> None:
    """End every worker's connections to the database, several times."""
    for _ in range(8):
        await asyncio.sleep(5)
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(database_url)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'closedloop%'"
            )
            await connection.close()


async def more_and_fewer_workers(site: Settings, logs: Path) -> None:
    """Let each group grow to three workers and shrink back to one."""
    async with contextlib.AsyncExitStack() as stack:
        for slot in (1, 2):
            for module in ("tests.faults.tripping", "services.routing", "services.outer_loop"):
                await stack.enter_async_context(kept(module, site, logs, slot=slot))
        for group in GROUPS:
            await until(partial(has_members, site, group, 3), within_s=120)


async def has_members(site: Settings, group: str, wanted: int) -> bool:
    """Whether so many workers share the group's partitions."""
    try:
        found = await asyncio.to_thread(witness.members, site.kafka_bootstrap_servers, group)
    except KafkaError:  # the broker is coming back
        return False
    return found == wanted


# ── afterwards ───────────────────────────────────────────────────────────────────────────────


async def until_settled(site: Settings, logs: Path, *, within_s: float) -> None:
    """Wait until every group has committed the end of every partition that it reads."""
    lags: dict[str, int] = {}

    async def settled() -> bool:
        lags.clear()
        with contextlib.suppress(KafkaError):  # the broker is coming back
            for group, topics in GROUPS.items():
                lags[group] = await asyncio.to_thread(
                    witness.lag, site.kafka_bootstrap_servers, group, topics
                )
        return len(lags) == len(GROUPS) and not any(lags.values())

    try:
        await until(settled, within_s=within_s)
    except AssertionError as error:
        raise AssertionError(f"{error}; lags {lags}; {last_faults(logs)}") from None


def last_faults(logs: Path) -> dict[str, str]:
    """Return why each worker stopped last, of those that stopped by themselves."""
    return {
        log.stem: lines[-1]
        for log in sorted(logs.glob("*.*-*.log"))
        if (lines := [line for line in log.read_text().splitlines() if "critical" in line])
    }


async def compare_with_the_witness(site: Settings) -> None:
    """Hold ledger, tables and topics against what kafka-python finds on the first topic."""
    seen = await asyncio.to_thread(witness.submitted, site.kafka_bootstrap_servers, TOPIC)
    handled = seen.valid_ids - {TRIPPING_ID}
    assert seen.records >= EVENTS

    proof = await prove(site)
    assert proof.holds, proof
    assert proof.pending == 0
    scoring = [part for part in proof.partitions if part.group == "scoring" and part.topic == TOPIC]
    assert sum(part.handled for part in scoring) == len(handled)
    assert sum(part.duplicates for part in scoring) == seen.valid_records - 1 - len(handled)
    assert sum(part.dead_letters for part in scoring) == seen.malformed.total() + 1

    connection = await asyncpg.connect(site.database_url)
    count = connection.fetchval
    assert await count("SELECT count(*) FROM scoring.feedback") == len(handled)
    expected = len(seen.detractor_ids - {TRIPPING_ID})
    assert await count("SELECT count(*) FROM routing.followup") == expected
    assert await count("SELECT count(DISTINCT feedback_id) FROM routing.followup") == expected
    assert await count("SELECT count(*) FROM outer_loop.feedback_fact") == len(handled)
    await connection.close()

    kept_letters = {letter.id for letter in await listed(site)}
    letters = await asyncio.to_thread(
        lambda: {
            dict(message.headers)["ce_id"].decode(): message.value
            for message in witness.read(site.kafka_bootstrap_servers, "scoring.dead-letter.v1")
        }
    )
    assert letters.keys() == kept_letters
    assert all(letter.code and letter.detail for letter in await listed(site))
    tripping = [value for value in letters.values() if value and TRIPPING_ID.encode() in value]
    assert len(tripping) == 1
    malformed = sorted(value or b"" for value in letters.values() if value not in tripping)
    assert malformed == sorted(value or b"" for value in seen.malformed.elements())


async def replay_the_dead_letters(site: Settings, logs: Path) -> None:
    """With the bug mended, the record that tripped it is handled; the others come back."""
    before, handled = await listed(site), await scored(site)
    async with (
        kept("services.scoring", site, logs),
        kept("services.routing", site, logs),
        kept("services.outer_loop", site, logs),
    ):
        assert await replay(site, before) == len(before)
        await until_settled(site, logs, within_s=120.0)
    after = await listed(site)
    assert len(after) == 2 * len(before) - 1
    assert all(letter.replayed_at for letter in after[-len(before) :])
    assert await scored(site) == handled + 1
    proof = await prove(site)
    assert proof.holds, proof


async def scored(site: Settings) -> int:
    """Return how many events have a score."""
    connection = await asyncpg.connect(site.database_url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM scoring.feedback")
        return count
    finally:
        await connection.close()
