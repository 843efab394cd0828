"""A topic that is read again gives the same scored events, a year of changes included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from services.scoring.adapters.postgres import ensure_partitions
from services.scoring.bootstrap import ScoreEffects
from services.scoring.domain.received import Received
from shared.clock import FixedClock
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackScored
from shared.postgres.pool import Pool, create_pool
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs
from tests.unit.program.samples import document
from tests.unit.scoring.events import event

BEGIN = datetime(2025, 11, 22, 9, 30, tzinfo=UTC)
DAYS = 365
CHANGES = 24
EVENTS = 600
CUSTOMERS = 40
TEXTS = (None, "I wait for my refund.", "สายการบินแย่มาก ไม่คืนเงิน", "Thank you, all was fine!")

scored = parser(FeedbackScored)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await create_pool(database_url, role="closedloop_scoring") as opened:
        await ensure_partitions(opened)
        yield opened


def version(number: int) -> str:
    """Return a program whose rules, reasons and history windows are those of one version."""
    asks = f"earlier_detractors_90d >= {number % 4}.0" if number % 3 else "category == 'detractor'"
    return document(
        replacing={
            "id: refund": f"id: refund-{number}",
            "id: gold": f"id: gold-{number}",
            "segment == 'gold'": f"({asks})",
        }
    )


async def a_year_of_changes(programs: ProgramStore, chance: Random) -> None:
    moments = sorted(BEGIN + timedelta(days=DAYS * chance.random()) for _ in range(CHANGES - 1))
    for number, moment in enumerate([BEGIN, *moments], start=1):
        programs.clock = FixedClock(moment)
        planned = moment + timedelta(days=30) if number % 5 == 0 else None
        await programs.activate(version(number), who="ann", why="a change", start=planned)


def a_year_of_feedback(chance: Random) -> list[Received]:
    moments = sorted(
        BEGIN + timedelta(days=(DAYS + 5) * chance.random() - 5) for _ in range(EVENTS)
    )
    return [
        Received(
            event(
                event_id=str(number),
                customer_id=f"c-{chance.randrange(CUSTOMERS)}",
                text=chance.choice(TEXTS),
                rating={"scale": "nps", "value": chance.randrange(11)},
                occurred_at=(moment - timedelta(hours=chance.randrange(72))).isoformat(),
            ),
            moment,
        )
        for number, moment in enumerate(moments)
    ]


async def read(
    pool: Pool, programs: ProgramStore, told: Sequence[Received], chance: Random
) -> list[bytes]:
    """Return what one reading of the topic publishes; it leaves nothing behind."""
    effects = ScoreEffects.by(programs)
    published: list[bytes] = []
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        start = 0
        while start < len(told):
            end = start + chance.randrange(1, 90)
            outcomes = await effects(connection, told[start:end])
            published += [m.value or b"" for outcome in outcomes for m in outcome.outgoing]
            start = end
        await transaction.rollback()
    return published


async def test_two_readings_of_a_topic_give_the_same_events_to_the_byte(
    pool: Pool, database_url: str
) -> None:
    chance = Random(20261122)
    told = a_year_of_feedback(chance)
    async with open_programs(database_url, role=ACTIVATING_ROLE) as programs:
        await a_year_of_changes(programs, chance)

    readings = []
    for _ in range(2):
        async with open_programs(database_url, role="closedloop_scoring") as reader:
            readings.append(await read(pool, reader, told, chance))

    assert readings[0] == readings[1]
    scores = [scored(value).data.score for value in readings[0]]
    assert len({score.program_version for score in scores}) > CHANGES / 2
    cited = [
        (score.rule.split("-"), score.program_version)
        for score in scores
        if score.rule and score.rule != "detractor"
    ]
    assert len(cited) > EVENTS / 10
    assert all(int(number) == counted for (_, number), counted in cited)
