from __future__ import annotations

import asyncpg
import pytest

from shared.contracts.codec import encode, key_of
from shared.contracts.records import Outgoing
from shared.kafka.producer import Producer
from shared.program.store import ProgramStore
from shared.settings import Settings
from tests.integration.scoring.test_worker import LOST_AND_FOUND, worker
from tests.integration.training.resolved import changed
from tests.support.waiting import until
from tests.unit.program.samples import document

pytestmark = pytest.mark.own_topics


async def test_the_scoring_worker_keeps_what_owners_confirm(
    settings: Settings, programs: ProgramStore
) -> None:
    await programs.activate(document(), who="ann", why="the first one")
    events = [changed(n, version) for n in range(20) for version in (1, 2)]
    async with Producer(
        settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix
    ) as producer:
        await producer.send_all(
            [
                Outgoing(
                    topic="followup.changed.v1",
                    key=key_of(one.tenant, one.data.customer_id),
                    value=encode(one),
                )
                for one in [*events, *events[:5]]
            ]
        )
    connection = await asyncpg.connect(settings.database_url)

    async def settled() -> bool:
        done = await connection.fetchrow(
            "SELECT sum(handled) AS handled, sum(duplicates) AS repeated FROM ledger.batch"
            " WHERE consumer_group = 'scoring' AND topic = 'followup.changed.v1'"
        )
        return done is not None and (done["handled"], done["repeated"]) == (40, 5)

    async with worker(settings):
        await until(settled, within_s=LOST_AND_FOUND)
    assert await connection.fetchval("SELECT count(*) FROM scoring.confirmation") == 40
    await connection.close()
