"""What lies on a lead's desk at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.routing.domain.desk import (
    READ_UP_TO,
    Desks,
    Lesson,
    Member,
    Standing,
    lessons_of,
    members_of,
    owners_of,
    standing,
)
from services.routing.domain.sla import clock_of_team
from shared.program.document import Program, Team


async def read_desk(
    desks: Desks, program: Program, teams: Sequence[Team], team: str | None, now: datetime
) -> tuple[Standing, list[Member], list[Lesson]]:
    """Return how `team` stands, or all `teams`; its people; and what to learn from."""
    reading = await desks.read(program.tenant, team, owners_of(teams), now)
    clocks = [clock_of_team(program, one.id) for one in teams]
    return (
        standing(reading.groups, now, clocks, most=READ_UP_TO),
        members_of(program, teams, reading.loads, now),
        lessons_of(reading.lessons),
    )
