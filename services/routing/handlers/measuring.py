"""The measures of a period: all follow-ups together, by team and by owner."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.calendar import Clock
from services.routing.domain.measures import Measures, measured
from services.routing.domain.sla import clock_of_team
from services.routing.domain.ways import Interval, Way, Ways, Whose
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was measured; owners who resolved nothing are those who have the follow-ups."""

    all: Measures
    teams: Mapping[str, Measures]
    owners: Mapping[str, Measures]


async def report_of(
    ways: Ways, program: Program, period: Interval, whose: Whose, now: datetime
) -> Report:
    """Measure what happened in the half-open `period`, by the calendars that count now."""
    found = await ways.of(program.tenant, period, whose)
    # Many follow-ups take a second: other requests go on meanwhile.
    return await asyncio.to_thread(_report, found, program, period, now)


def _report(ways: Sequence[Way], program: Program, period: Interval, now: datetime) -> Report:
    def clock_of(team: str) -> Clock:
        return clock_of_team(program, team)

    def by(key: Callable[[Way], str | None]) -> dict[str, Measures]:
        groups: defaultdict[str, list[Way]] = defaultdict(list)
        for way in ways:
            if name := key(way):
                groups[name].append(way)
        return {name: measured(group, period, now, clock_of) for name, group in groups.items()}

    return Report(
        all=measured(ways, period, now, clock_of),
        teams=by(lambda way: way.team),
        owners=by(lambda way: way.owner),
    )
