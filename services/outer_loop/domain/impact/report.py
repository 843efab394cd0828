"""What one assessment found, as it is kept and shown: plain numbers, days and sentences.

It is kept whole, so that the page, its table and the API say the same, and so that nobody who
only shows it needs what estimates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.outer_loop.domain.impact.stakes import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekShown:
    """One week by its first day; `value` in the metric's unit, `untouched` beside it if any.

    A week that is not `compared` stood out when the issue was found, or a group was not heard.
    """

    starts: date
    week: int
    listened: int
    value: float
    untouched: float | None
    compared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check's sentence; one that `forbids` a verdict says what would `settle` it."""

    doubt: str
    sentence: str
    forbids: bool
    settle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Customers kept, their worth and that less the cost, with 95 % intervals."""

    kept: Span
    worth: Span
    net: Span
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Naive:
    """The weeks after less as many weeks before: what is usually said, and often wrong."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """Return by how much the measure moved, whatever moved it."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An assessment. `effect`, `observed` and `without` are None where no estimate was possible.

    `observed` is the mean of the touched groups after the change, `without` what it would have
    been without it, with the interval that follows from that of the effect.
    """

    method: str | None
    effect: Span | None
    observed: float | None
    without: Span | None
    outcome: str
    sentence: str
    settle: str
    checks: Sequence[Finding]
    weeks: Sequence[WeekShown]
    naive: Naive | None
    worth: Worth | None
    activated: Sequence[date]
