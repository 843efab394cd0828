"""Whether a deadline was kept, and when that was known: each is judged once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """That a deadline was kept, or was not, which was known at `at`."""

    at: datetime
    is_kept: bool


def judged(
    due_at: datetime | None, done_at: datetime | None, ended_at: datetime | None
) -> Judged | None:
    """Judge a step that was to be done by `due_at`: when it was done, or when its time was up.

    None where no time was given, or where it all ended by then and nothing was to be done any
    more. Whether the time is up already is for the caller to see: `at` may lie ahead.
    """
    if due_at is None:
        return None
    if done_at is not None and done_at <= due_at:
        return Judged(at=done_at, is_kept=True)
    is_moot = done_at is None and ended_at is not None and ended_at <= due_at
    return None if is_moot else Judged(at=due_at, is_kept=False)
