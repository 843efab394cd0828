"""Months of facts about three touchpoints, from a seed: a cause that a change makes rarer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.ids import derived_id
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker

_SAID = """
INSERT INTO outer_loop.feedback_fact (
    feedback_id, received_at, tenant, customer_id, touchpoint, department, category, severity,
    occurred_at)
SELECT feedback_id, occurred_at, $1, customer, touchpoint, 'any',
       CASE WHEN met THEN 'detractor' ELSE 'promoter' END, 'low', occurred_at
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::bool[])
    AS given (feedback_id, customer, touchpoint, occurred_at, met)
"""
_MET = """
INSERT INTO outer_loop.root_cause_fact (
    followup_id, version, tenant, customer_id, touchpoint, department, state, severity, what, why,
    occurred_at, resolved_at, changed_at)
SELECT feedback_id, 4, $1, customer, touchpoint, 'any', 'resolved', 'low', 'refund_late',
       'system', occurred_at, occurred_at, occurred_at
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::bool[])
    AS given (feedback_id, customer, touchpoint, occurred_at, met)
WHERE met
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """What customers say at `returns` before and after a day, and elsewhere all along."""

    change: date
    weeks_before: int = 60
    weeks_after: int = 13
    before: float = 0.30
    after: float = 0.10
    elsewhere: float = 0.05
    listened: int = 60

    async def bring(self, worker: Worker) -> None:
        """Keep the facts, and open the issue of the late refunds by five of its customers."""
        rows = list(zip(*self._rows(), strict=True))
        await worker.pool.execute(_SAID, story.TENANT, *map(list, rows))
        await worker.pool.execute(_MET, story.TENANT, *map(list, rows))
        opened = self._at(-20, 1)
        await worker.followups(
            [story.changed(f"open{n}", customer=f"open{n}", at=opened) for n in range(5)]
        )

    def _rows(self) -> Iterator[tuple[object, str, str, datetime, bool]]:
        dice = random.Random(5)
        for week in range(-self.weeks_before, self.weeks_after):
            for touchpoint in story.TEAMS:
                for number in range(self.listened + dice.randrange(-5, 6)):
                    customer = f"{touchpoint}-{week}-{number}"
                    met = dice.random() < self._share(touchpoint, week)
                    at = self._at(week, number % 7)
                    yield derived_id("fact", customer), customer, touchpoint, at, met

    def _share(self, touchpoint: str, week: int) -> float:
        if touchpoint != "returns":
            return self.elsewhere
        return self.before if week < 0 else self.after

    def _at(self, week: int, day: int) -> datetime:
        when = self.change + timedelta(days=7 * week + day)
        return datetime.combine(when, time(6), tzinfo=UTC)
