"""What is to be tried: which candidate, against which program, on which part of the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from deploy.backtest.errors import BacktestError
from shared.program.document import Program

DEFAULT_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A candidate and the program that counts, on what customers said from `since` to `until`.

    `until` itself is left out. A moment is the one at which the customer said it.
    """

    candidate: Program
    counting: Program
    since: datetime
    until: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which hours are told: the candidate's."""
        return ZoneInfo(self.candidate.time_zone)


def check_order(since: datetime, until: datetime, zone: ZoneInfo) -> None:
    """Raise BacktestError unless `since` lies before `until`."""
    if since >= until:
        raise BacktestError(
            f"--since {_told(since, zone)} does not lie before --until {_told(until, zone)}.",
            remedy="Name a longer time.",
        )


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M%z}"
