"""The sample played against the running product: every event, case and plan arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import pytest

from deploy.sample import PlayReport, Site, play
from deploy.sample.company import load_company
from deploy.sample.generator import generate
from shared.settings import Settings
from tests.integration.sample.running import running_site

pytestmark = pytest.mark.own_topics

EVENTS = 800
END = date(2026, 7, 1)


async def played(site: Site) -> PlayReport:
    return await play(site, events=EVENTS, end=END, progress=lambda _phase, _done, _all: None)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def counts(settings: Settings) -> list[int]:
    """Return how many feedback events, follow-ups, their changes, and plans there are."""
    tables = (
        "scoring.feedback",
        "routing.followup",
        "routing.followup_change",
        "outer_loop.action_plan",
    )
    async with connected(settings) as connection:
        return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608


@pytest.mark.timeout(280)
async def test_the_sample_goes_through_the_whole_loop_and_once_only(settings: Settings) -> None:
    told = generate(load_company(), seed=7, events=EVENTS, days=90, end=END)
    truth = {event.feedback_id: event.truth for event in told}
    unhappy = {feedback_id for feedback_id, true in truth.items() if true.mood == "negative"}

    async with running_site(settings) as site:
        first = await played(site)
        before = await counts(settings)
        second = await played(site)
        after = await counts(settings)

    async with connected(settings) as connection:
        followups = await connection.fetch("SELECT * FROM routing.followup")
        plans = await connection.fetch("SELECT state FROM outer_loop.action_plan")
    resolved = [one for one in followups if one["state"] == "resolved"]
    confirmed = Counter(one["cause_what"] == truth[one["feedback_id"]].what for one in resolved)

    assert first.published == EVENTS + first.duplicates_sent
    assert first.duplicates_sent > 0
    assert before[0] == EVENTS
    assert {one["feedback_id"] for one in followups} == unhappy
    assert first.followups_worked > 0.8 * len(unhappy)
    assert 0.85 < confirmed[True] / len(resolved) < 1
    assert sorted(plan["state"] for plan in plans) == ["approved", "proposed", "under_review"]
    assert after == before
    assert second.followups_worked == 0
