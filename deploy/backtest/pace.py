"""How fast owners really resolved follow-ups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

#: Of fewer days of resolving, a pace says nothing: a team that began on Monday, a day's import.
FEWEST_DAYS = 7


class Pace(NamedTuple):
    """How many follow-ups of a team an owner resolved, how many too late, from when to when."""

    team: str
    owner: str
    resolved: int
    late: int
    first: datetime
    last: datetime


def resolved_a_day(paces: Sequence[Pace]) -> float | None:
    """Return how many those of `paces` resolved a day, weekends included, all together.

    None where less than FEWEST_DAYS lie between the first and the last of them.
    """
    if not paces:
        return None
    days = (max(one.last for one in paces) - min(one.first for one in paces)) / timedelta(days=1)
    return sum(one.resolved for one in paces) / days if days >= FEWEST_DAYS else None
