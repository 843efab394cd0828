"""The counts by day against a computation from scratch, whatever comes in whatever order."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services import outer_loop
from services.outer_loop.bootstrap import open_subscriptions, rebuild_counts
from services.outer_loop.rebuild import run
from shared.contracts.events import FeedbackScored, FollowUpChanged, FollowUpState, Judgement
from shared.postgres.sqlfile import load
from shared.settings import Settings
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker, activate_programs
from tests.integration.outer_loop.story import changed, scored

ZONE = ZoneInfo("Asia/Vientiane")
CONFIRMING = {"resolved", "verified", "closed"}
Event = FeedbackScored | FollowUpChanged
Cell = tuple[str, str, str, str]

ERASING = load(Path(outer_loop.__file__).parent / "sql" / "erasing.sql")
#: Every count by table, the slots summed, and what stands behind them.
TABLES = ("voice_day", "cause_sighting", "cause_day", "counted_customer", "known_cause", "day_zone")
NAMED = (
    "feedback_fact",
    "followup_version",
    "root_cause_fact",
    "cause_sighting",
    "counted_customer",
)

_names = itertools.count()
chances = st.integers(min_value=0, max_value=2**32)


def make_themes(said: Sequence[FeedbackScored]) -> list[FeedbackScored]:
    """Return what was said with a theme that scoring found in every third of it."""
    themes = ("rude", "queue", "refund_late", "parcel_lost")
    judged = [
        Judgement(label=themes[n // 3 % 4], probability=0.5 + n % 5 / 10) if n % 3 == 0 else None
        for n in range(len(said))
    ]
    return [
        one.model_copy(update={"data": one.data.model_copy(update={"theme": theme})})
        for one, theme in zip(said, judged, strict=True)
    ]


def make_events(chance: random.Random, tenant: str) -> list[Event]:
    """Return events that meet in few days, customers and causes, so that they collide."""
    # Around midnight in Vientiane, which is five in the afternoon in UTC.
    moments = [story.DAY_0 + timedelta(hours=7, minutes=59 + 61 * k) for k in range(0, 120, 11)]
    events: list[Event] = []
    for n in range(chance.randrange(14)):
        one = scored(
            f"{tenant}-{n}",
            customer=f"c{chance.randrange(3)}",
            touchpoint=chance.choice(["returns", "delivery"]),
            category=chance.choice(["detractor", "passive", "promoter", "unrated"]),
            at=chance.choice(moments),
            tenant=tenant,
        )
        theme = chance.choice([None, "rude", "queue"])
        more = {
            "feedback": one.data.feedback.model_copy(
                update={"segment": chance.choice([None, "Gold"]), "place": "Luang Prabang"}
            ),
            "theme": theme and Judgement(label=theme, probability=chance.random()),
            "cause": chance.choice([None, Judgement(label="system", probability=1 / 3)]),
        }
        events.append(one.model_copy(update={"data": one.data.model_copy(update=more)}))
    for n in range(chance.randrange(5)):
        for version in range(1, chance.randrange(2, 6)):
            state = chance.choice([FollowUpState.RESOLVED, "closed", "verified", "reopened"])
            events.append(
                changed(
                    f"{tenant}-{n}",
                    version=version,
                    state=FollowUpState(state),
                    customer=f"c{chance.randrange(3)}",
                    touchpoint=chance.choice(["returns", "delivery"]),
                    what=chance.choice(["rude", "queue", "refund_late"]),
                    why=chance.choice(["system", "partner"]),
                    at=chance.choice(moments),
                    tenant=tenant,
                )
            )
    return events


@dataclass(slots=True)
class Recount:
    """What is known, as plain Python would keep it, and counted from scratch when asked."""

    said: dict[UUID, tuple[str, FeedbackScored]] = field(default_factory=dict)
    worked: dict[UUID, tuple[str, FollowUpChanged]] = field(default_factory=dict)

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, FeedbackScored):
                whose = event.data.feedback.customer_id
                self.said.setdefault(event.data.feedback_id, (whose, event))
                continue
            known = self.worked.get(event.data.followup_id)
            if known is None or known[1].data.version < event.data.version:
                self.worked[event.data.followup_id] = (event.data.customer_id, event)

    def erase(self, customer: str) -> None:
        nobody = f"nobody {next(_names)}"
        self.said = {
            key: (nobody if whose == customer else whose, event)
            for key, (whose, event) in self.said.items()
        }
        self.worked = {
            key: (nobody if whose == customer else whose, event)
            for key, (whose, event) in self.worked.items()
        }

    def voices(self) -> dict[tuple[str, str, date], list[int]]:
        found: dict[tuple[str, str, date], Counter[str]] = defaultdict(Counter)
        for _, event in self.said.values():
            said = event.data.feedback
            _, department = story.TEAMS[said.touchpoint]
            of = {"touchpoint": said.touchpoint, "department": department,
                  "segment": said.segment, "place": said.place}  # fmt: skip
            for dimension, name in of.items():
                if name:
                    day = said.occurred_at.astimezone(ZONE).date()
                    found[dimension, name, day].update(["n", event.data.score.category.value])
        sort = ("n", "detractor", "passive", "promoter")
        return {key: [counted[one] for one in sort] for key, counted in found.items()}

    def met(self) -> list[tuple[Cell, str, date, int]]:
        """Return (cell, customer, day, weight) of each meeting."""
        found = []
        for whose, event in self.worked.values():
            change = event.data
            if change.state.value in CONFIRMING and change.resolution:
                cause, at = change.resolution.root_cause, change.touchpoint
                day = change.occurred_at.astimezone(ZONE).date()
                cells = (
                    ("what", cause.what, ""),
                    ("what_at", cause.what, at),
                    ("why", cause.why, ""),
                    ("touchpoint", at, ""),
                    ("department", change.department, ""),
                )
                found += [(("confirmed", *cell), whose, day, 1_000_000) for cell in cells]
        for whose, scored_ in self.said.values():
            data = scored_.data
            day = data.feedback.occurred_at.astimezone(ZONE).date()
            if data.theme:
                weight = round(data.theme.probability * 1_000_000)
                what, at = data.theme.label, data.feedback.touchpoint
                found.append((("suggested", "what", what, ""), whose, day, weight))
                found.append((("suggested", "what_at", what, at), whose, day, weight))
            if data.cause:
                weight = round(data.cause.probability * 1_000_000)
                found.append((("suggested", "why", data.cause.label, ""), whose, day, weight))
        return found


async def check(worker: Worker, tenant: str, recount: Recount) -> None:
    """Compare every count of the tables, distinct customers in every window of days."""
    voices = await worker.pool.fetch(
        """SELECT dimension, name, day, sum(feedback)::int AS n, sum(detractors)::int AS d,
                  sum(passives)::int AS p, sum(promoters)::int AS q
           FROM outer_loop.voice_day WHERE tenant = $1 GROUP BY 1, 2, 3""",
        tenant,
    )
    assert {tuple(row)[:3]: list(row)[3:] for row in voices} == recount.voices()
    rows = await worker.pool.fetch(
        """SELECT kind, dimension, name, at, day,
                  CASE previous_day WHEN '-infinity' THEN '0001-01-01' ELSE previous_day END AS p,
                  sum(customers)::int AS customers, sum(things)::int AS things,
                  sum(millionths)::bigint AS millionths
           FROM outer_loop.cause_day WHERE tenant = $1 GROUP BY 1, 2, 3, 4, 5, 6""",
        tenant,
    )
    met = recount.met()
    days = sorted({day for _, _, day, _ in met} | {row["day"] for row in rows})
    for start, last in itertools.combinations_with_replacement(days, 2):
        assert _told(rows, start, last) == _counted(met, start, last), (start, last)


def _told(rows: Iterable[Any], start: date, last: date) -> dict[Cell, list[int]]:
    found: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if start <= row["day"] <= last:
            counts = found[row["kind"], row["dimension"], row["name"], row["at"]]
            counts[0] += row["customers"] if row["p"] < start else 0
            counts[1] += row["things"]
            counts[2] += row["millionths"]
    return {cell: counts for cell, counts in found.items() if counts != [0, 0, 0]}


def _counted(
    met: Iterable[tuple[Cell, str, date, int]], start: date, last: date
) -> dict[Cell, list[int]]:
    inside = [one for one in met if start <= one[2] <= last]
    found = {}
    for cell in {one[0] for one in inside}:
        mine = [one for one in inside if one[0] == cell]
        found[cell] = [len({one[1] for one in mine}), len(mine), sum(one[3] for one in mine)]
    return found


async def erase(database_url: str, tenant: str, customer: str) -> None:
    """Take a customer out of the service's tables, as `closedloop erase` does."""
    nobody = f"erased-{next(_names)}"
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            for statement in ERASING.values():
                await connection.execute(statement, tenant, customer, nobody)
    finally:
        await connection.close()


async def handle(worker: Worker, batch: Sequence[Event]) -> None:
    said = [event for event in batch if isinstance(event, FeedbackScored)]
    worked = [event for event in batch if isinstance(event, FollowUpChanged)]
    if said:
        await worker.feedback(said)
    if worked:
        await worker.followups(worked)


def batches_of(chance: random.Random, events: Sequence[Event]) -> list[list[Event]]:
    """Return the events in another order, some of them again, in batches of any size."""
    again = [*events, *chance.sample(list(events), len(events) // 2)]
    chance.shuffle(again)
    batches: list[list[Event]] = [[]]
    for event in again:
        if chance.random() < 0.4:
            batches.append([])
        batches[-1].append(event)
    return batches


async def counts(worker: Worker) -> list[list[dict[str, Any]]]:
    """Return every count, the slots summed."""
    return [
        await worker.rows(query)
        for query in (
            """SELECT tenant, dimension, day, name, sum(feedback) AS n, sum(detractors) AS d,
                      sum(passives) AS p, sum(promoters) AS q
               FROM outer_loop.voice_day GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
            """SELECT tenant, kind, dimension, name, at, day, previous_day, sum(customers) AS c,
                      sum(things) AS t, sum(millionths) AS m
               FROM outer_loop.cause_day GROUP BY 1, 2, 3, 4, 5, 6, 7
               HAVING (sum(customers), sum(things), sum(millionths)) <> (0, 0, 0)
               ORDER BY 1, 2, 3, 4, 5, 6, 7""",
            "SELECT * FROM outer_loop.cause_sighting ORDER BY 1, 2, 3, 4, 5, 6, 7",
            "SELECT * FROM outer_loop.known_cause ORDER BY 1, 2, 3",
        )
    ]


@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=chances)
async def test_the_counts_are_what_a_computation_from_scratch_finds(
    worker: Worker, database_url: str, seed: int
) -> None:
    chance, tenant = random.Random(seed), f"t{next(_names)}"
    mine = replace(worker, programs={tenant: story.program(tenant)})
    recount = Recount()
    batches = batches_of(chance, make_events(chance, tenant))
    erased_after = chance.randrange(2 * len(batches))
    for number, batch in enumerate(batches):
        await handle(mine, batch)
        recount.take(batch)
        if number == erased_after:
            await erase(database_url, tenant, "c0")
            recount.erase("c0")
    await check(mine, tenant, recount)
    before = await counts(mine)
    await rebuild_counts(mine.pool, mine.programs)
    assert await counts(mine) == before


@pytest.mark.parametrize("seed", range(4))
async def test_batches_side_by_side_lose_no_count(worker: Worker, seed: int) -> None:
    chance = random.Random(seed)
    said, worked = story.history(seed, feedback=150)
    recount = Recount()
    recount.take([*said, *worked])
    # As in the worker: the events of one key stay in one lane, one batch after the other.
    lanes: list[list[Event]] = [[], [], []]
    everything: list[Event] = [*said, *worked]
    for event in everything:
        key = event.data.feedback_id
        lanes[int(key) % 3].append(event)
    await asyncio.gather(*(_one_lane(worker, chance, lane) for lane in lanes))
    await check(worker, story.TENANT, recount)


async def _one_lane(worker: Worker, chance: random.Random, events: Sequence[Event]) -> None:
    for batch in _in_batches(events, 25):
        await handle(worker, chance.sample(batch, len(batch)))


def _in_batches(events: Sequence[Event], size: int) -> list[list[Event]]:
    return [list(events[start : start + size]) for start in range(0, len(events), size)]


async def test_an_erased_customer_is_in_no_table_and_every_number_stays(
    worker: Worker, database_url: str
) -> None:
    said, worked = story.history(3, feedback=60)
    await handle(worker, [*said, *worked])
    before = (await counts(worker))[:2]
    gone = worked[0].data.customer_id
    await erase(database_url, story.TENANT, gone)
    assert (await counts(worker))[:2] == before
    for table in NAMED:
        rows = await worker.rows(f"SELECT customer_id FROM outer_loop.{table}")  # noqa: S608  (names above)
        assert gone not in {row["customer_id"] for row in rows}, table


async def test_facts_from_before_the_counts_are_counted_when_the_worker_starts(
    worker: Worker, settings: Settings
) -> None:
    await activate_programs(settings.database_url)
    said, worked = story.history(5, feedback=60)
    await handle(worker, [*said, *worked])
    before = await counts(worker)
    for table in TABLES:
        await worker.pool.execute(f"DELETE FROM outer_loop.{table}")  # noqa: S608  (names above)
    async with open_subscriptions(settings):
        assert await counts(worker) == before


async def test_a_rebuild_cuts_days_in_the_zone_that_the_program_has_now(
    worker: Worker, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = story.program().model_copy(update={"time_zone": "America/New_York"})
    moved = replace(worker, programs={story.TENANT: elsewhere})
    await moved.feedback([scored("late", at=story.DAY_0 + timedelta(hours=12))])
    [there] = {row["day"] for row in (await counts(worker))[0]}
    await activate_programs(settings.database_url)
    await run(settings)
    [here] = {row["day"] for row in (await counts(worker))[0]}
    assert here - there == timedelta(days=1), "21:00 UTC is the next day in Vientiane"
    assert capsys.readouterr().out.startswith("Counted anew in ")
