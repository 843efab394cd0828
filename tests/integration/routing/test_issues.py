"""A case shows what keeps going wrong where it happened, as the outer loop tells of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from services.routing.adapters.issues import PostgresIssueNews
from services.routing.handlers.issues import keep_news
from shared.contracts.codec import encode, key_of
from shared.contracts.plans import OuterLoopChanged, PlanState
from shared.contracts.records import Outcome, Outgoing
from shared.kafka.producer import Producer
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing import told
from tests.integration.routing.company import OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, activate_programs, opened
from tests.integration.routing.promised import followup_id
from tests.support.waiting import until

STARTS_WITHIN_S = 60.0


async def keep(pool: Pool, *events: OuterLoopChanged) -> Sequence[Outcome]:
    async with pool.acquire() as connection, connection.transaction():
        return await keep_news(PostgresIssueNews(connection), events)


async def page_of(call: Caller, subject: str = "mali") -> str:
    return (await call(subject).get(f"/inbox/{followup_id(1)}")).raise_for_status().text


async def test_an_open_case_names_what_keeps_going_wrong_there_and_how_far_the_plan_is(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await keep(
        worker_pool,
        told.issue("late", customers=38),
        told.issue("overcharged", touchpoint="billing", customers=99),
        told.issue("damaged", tenant=OTHER_TENANT, customers=98),
        told.plan("late", PlanState.IN_PROGRESS, version=2),
    )
    page = await page_of(call)
    assert "38 customers have met it; a plan is being carried out." in page
    assert f"/board/issues/{told.issue_id('late')}" in page
    assert "99 customers" not in page
    assert "98 customers" not in page


async def test_a_resolved_case_is_part_of_the_issue_of_its_cause_and_of_no_other(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await keep(worker_pool, told.issue("late"), told.issue("damaged"))
    for version, body in enumerate(
        (
            {"state": "acknowledged"},
            {"state": "in_progress"},
            {
                "state": "resolved",
                "resolution": {
                    "root_cause": {"what": "damaged", "why": "carrier"},
                    "action_taken": "Sent a new one.",
                },
            },
        ),
        1,
    ):
        answer = await call("mali").patch(
            f"/followups/v1/followups/{followup_id(1)}",
            json=body,
            headers={"If-Match": f'"{version}"', "Idempotency-Key": f"step {version}"},
        )
        answer.raise_for_status()
    page = await page_of(call)
    assert "Part of something that keeps going wrong" in page
    assert f"/board/issues/{told.issue_id('damaged')}" in page
    assert f"/board/issues/{told.issue_id('late')}" not in page


async def test_late_and_repeated_news_changes_nothing_and_is_counted_as_seen(
    worker_pool: Pool,
) -> None:
    newer, older = (
        told.plan("late", PlanState.APPROVED, version=3),
        told.plan("late", PlanState.UNDER_REVIEW, version=2),
    )
    assert [one.fresh for one in await keep(worker_pool, newer, newer)] == [True, False]
    assert [one.fresh for one in await keep(worker_pool, older)] == [False]
    row = await worker_pool.fetchrow("SELECT state, version FROM routing.action_plan")
    assert row is not None
    assert tuple(row) == ("approved", 3)


@pytest.mark.own_topics
async def test_the_worker_keeps_what_is_told_on_the_topic(
    settings: Settings, worker_pool: Pool, tmp_path: Path
) -> None:
    await activate_programs(settings)
    events = [told.issue("late"), told.plan("late", PlanState.PROPOSED, version=1)]
    messages = [
        Outgoing(
            topic="outer_loop.changed.v1",
            key=key_of(one.tenant, str(one.data.issue_id)),
            value=encode(one),
        )
        for one in [*events, events[0]]
    ]
    async with Producer(
        settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix
    ) as producer:
        await producer.send_all(messages)
    connection = await asyncpg.connect(settings.database_url)

    async def all_accounted_for() -> bool:
        row = await connection.fetchrow(
            "SELECT sum(handled), sum(duplicates), sum(dead_letters) FROM ledger.batch"
            " WHERE consumer_group = 'routing' AND topic LIKE '%outer_loop.changed.v1'"
        )
        return row is not None and tuple(row) == (2, 1, 0)

    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.routing",
        cwd=tmp_path,
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "CLOSEDLOOP_TOPIC_PREFIX": settings.topic_prefix,
        },
    )
    try:
        await until(all_accounted_for, within_s=STARTS_WITHIN_S)
    finally:
        worker.terminate()
        await worker.wait()
    kept = await worker_pool.fetchrow("SELECT customers FROM routing.systemic_issue")
    assert kept is not None
    assert kept["customers"] == events[0].data.customers
    await connection.close()
