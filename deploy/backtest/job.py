"""What is to be tried: which candidate, against which program, on which part of the history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from deploy.backtest.errors import BacktestError
from shared.program.document import Program

DEFAULT_DAYS = 90
_MOST_DAYS = 36_500
_DAYS = re.compile(r"(\d{1,6})d")


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


def moment(option: str, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that `text`, the value of `option`, means: days back, a day or a moment.

    A day begins at midnight in `zone`. Raises BacktestError where it means none.
    """
    if match := _DAYS.fullmatch(text):
        return now - timedelta(days=min(int(match[1]), _MOST_DAYS))
    try:
        named = datetime.fromisoformat(text)
        return (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BacktestError(
            f"{option}: {text!r} is no moment.",
            remedy="Write 90d, 2026-01-31 or 2026-01-31T09:00+01:00.",
        ) from None


def check_order(since: datetime, until: datetime, zone: ZoneInfo) -> None:
    """Raise BacktestError unless `since` lies before `until`."""
    if since >= until:
        raise BacktestError(
            f"--since {_told(since, zone)} does not lie before --until {_told(until, zone)}.",
            remedy="Name a longer time.",
        )


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M%z}"
