"""The detector on real tables: what rises opens an issue and says why, what is steady does not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import yaml
from httpx import URL

from services.outer_loop.adapters.detecting import PostgresDetectionTransactions
from services.outer_loop.detector.rounds import Rounds
from shared.clock import FixedClock
from shared.contracts.events import FeedbackScored, Judgement
from shared.contracts.plans import OuterLoopChanged
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker, activate_programs
from tests.integration.outer_loop.conftest import Caller

DAYS = 120
TODAY = story.DAY_0 + timedelta(days=DAYS)
SAFE = {"systemic_issues": {"customers": 5, "days": 30, "safety": ["parcel_lost"]}}


def said(
    name: str,
    days_ago: int,
    *,
    theme: str | None = None,
    sure: float = 0.9,
    **more: Any,  # noqa: ANN401
) -> FeedbackScored:
    """Return what a customer of that name said, and the theme that scoring found in it."""
    one = story.scored(name, customer=name, at=TODAY - timedelta(days=days_ago, hours=1), **more)
    judged = Judgement(label=theme, probability=sure) if theme else None
    return one.model_copy(update={"data": one.data.model_copy(update={"theme": judged})})


def calm(tenant: str = story.TENANT) -> Iterator[FeedbackScored]:
    """Yield four months in which the queue is too long for somebody every other day."""
    for day in range(DAYS):
        for touchpoint in story.TEAMS:
            for n in range(8):
                theme = "queue" if touchpoint == "checkout" and day % 2 == n == 0 else None
                yield said(
                    f"{touchpoint}-{day}-{n}",
                    day,
                    theme=theme,
                    touchpoint=touchpoint,
                    tenant=tenant,
                )


def lost(customers: int, **more: Any) -> list[FeedbackScored]:  # noqa: ANN401
    """Return what customers said in the last three days whose refund came late."""
    return [said(f"late-{n}", n % 3, theme="refund_late", **more) for n in range(customers)]


@pytest.fixture
async def company(worker: Worker, database_url: str) -> Worker:
    """Give a worker that has handled four calm months."""
    await activate_programs(database_url)
    await worker.feedback(list(calm()))
    return worker


@asynccontextmanager
async def detector(database_url: str) -> AsyncIterator[Rounds]:
    async with (
        await create_pool(database_url, role="closedloop_outer_loop") as pool,
        open_programs(database_url, role="closedloop_outer_loop") as programs,
    ):
        transactions = PostgresDetectionTransactions(pool)
        yield Rounds(transactions=transactions, programs=programs, clock=FixedClock(TODAY))


async def issues(worker: Worker) -> list[tuple[str, str, str]]:
    rows = await worker.rows(
        "SELECT tenant, touchpoint, what FROM outer_loop.systemic_issue ORDER BY 1, 2, 3"
    )
    return [(row["tenant"], row["touchpoint"], row["what"]) for row in rows]


async def test_what_rises_opens_an_issue_once_and_says_why(
    company: Worker, database_url: str, call: Caller
) -> None:
    async with detector(database_url) as rounds:
        assert await rounds.make_round() == 0
        await company.feedback(lost(12))
        assert await rounds.make_round() == 1
        assert await rounds.make_round() == 0
    assert await issues(company) == [(story.TENANT, "returns", "refund_late")]
    [listed] = (await call().get("/issues")).json()["issues"]
    assert listed["departments"] == ["finance"]
    found = (await call().get(f"/issues/{listed['issue_id']}")).json()
    why = found["detection"]
    assert (why["kind"], why["customers"]) == ("new", 12)
    assert why["sentence"].startswith("New: 12 customers in 7 days where none had met it before")
    [opened] = found["history"]
    assert (opened["actor"], opened["reason"]) == ("detector", why["sentence"])
    pages = call()
    pages.base_url = URL("http://closedloop.test")
    page = (await pages.get(f"/board/issues/{listed['issue_id']}")).text
    assert f"Why it was opened.</strong> {why['sentence']}" in page


async def test_the_issue_is_told_of_by_the_outbox(company: Worker, database_url: str) -> None:
    await company.feedback(lost(12))
    async with detector(database_url) as rounds:
        await rounds.make_round()
    [row] = await company.rows("SELECT value FROM outer_loop.outbox")
    event = OuterLoopChanged.model_validate_json(row["value"])
    assert (event.data.change, event.data.state, event.data.customers) == ("opened", "open", 12)


async def test_two_at_once_open_it_once(company: Worker, database_url: str) -> None:
    await company.feedback(lost(12))
    async with detector(database_url) as one, detector(database_url) as other:
        opened = await asyncio.gather(one.make_round(), other.make_round())
    assert sorted(opened) == [0, 1]
    assert len(await issues(company)) == 1


@pytest.mark.parametrize(
    "events",
    [
        lost(4),
        lost(12, sure=0.4),
        [said(f"often-{n}", n, theme="queue", touchpoint="checkout") for n in range(1, 14, 2)],
        [said("late-1", n, theme="refund_late") for n in range(3)],
    ],
    ids=["too few", "not likely", "as usual", "one customer often"],
)
async def test_what_is_too_few_unlikely_or_usual_opens_nothing(
    company: Worker, database_url: str, events: list[FeedbackScored]
) -> None:
    await company.feedback(events)
    async with detector(database_url) as rounds:
        assert await rounds.make_round() == 0


async def test_one_customer_is_enough_where_the_program_says_that_it_is_a_matter_of_safety(
    worker: Worker, database_url: str
) -> None:
    document = yaml.safe_load(story.program_yaml()) | SAFE
    async with open_programs(database_url, role="closedloop_program") as programs:
        await programs.activate(yaml.safe_dump(document), who="tests", why="safety")
    await worker.feedback([said("hurt", 5, theme="parcel_lost", touchpoint="delivery")])
    async with detector(database_url) as rounds:
        assert await rounds.make_round() == 1
    assert await issues(worker) == [(story.TENANT, "delivery", "parcel_lost")]


async def test_a_company_is_judged_by_its_own_customers_alone(
    company: Worker, database_url: str
) -> None:
    await company.feedback(list(calm("other")))
    await company.feedback(lost(12, tenant="other"))
    async with detector(database_url) as rounds:
        assert await rounds.make_round() == 1
    assert await issues(company) == [("other", "returns", "refund_late")]


def test_the_process_says_what_it_misses() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services.outer_loop.detector"],
        env={"PATH": "", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("closedloop: ")
    assert "Traceback" not in ended.stderr
