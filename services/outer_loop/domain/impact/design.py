"""What is to be measured about a change, written down before the change is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from services.outer_loop.errors import InvalidPlanError

DAYS = 7
#: A window of the past over which a model of it can be judged, and one that shows an effect.
FEWEST_BEFORE, FEWEST_AFTER = 8, 4
#: Three years: what was heard longer ago says little about this change.
MOST_WEEKS = 156


class InvalidDesignError(InvalidPlanError):
    """A design contradicts itself. `field` names where, `remedy` says what to write instead."""


class Metric(StrEnum):
    """What the change is to move, and in which unit."""

    #: Detractors in 100 customers listened to at a touchpoint.
    DETRACTOR_SHARE = "detractor_share"
    #: Customers who met a cause, in 100 listened to.
    CUSTOMERS_WITH_CAUSE = "customers_with_cause"
    #: The mean of the scores, in points of its scale.
    MEAN_SCORE = "mean_score"

    @property
    def factor(self) -> float:
        """What one counted customer, or one point, is in the unit that people read."""
        return 1.0 if self is Metric.MEAN_SCORE else 100.0

    @property
    def better(self) -> int:
        """+1 where more is better, -1 where less is."""
        return 1 if self is Metric.MEAN_SCORE else -1

    @property
    def unit(self) -> str:
        """The unit in words."""
        return _UNITS[self]


#: What the facts that are kept can tell: a score's number is not among them.
MeasuredMetric = Literal[Metric.DETRACTOR_SHARE, Metric.CUSTOMERS_WITH_CAUSE]

_UNITS = {
    Metric.DETRACTOR_SHARE: "unhappy customers in 100",
    Metric.CUSTOMERS_WITH_CAUSE: "customers with this cause in 100",
    Metric.MEAN_SCORE: "points of the mean score",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The days, first and last, whose feedback made the issue stand out."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactDesign:
    """What is compared, where, when, and what is expected.

    `expected` is the change of the metric in its unit, signed: -4 is four in 100 fewer.
    Weeks count from the day of the change: week 0 begins on it, week -1 ends before it.
    """

    metric: Metric
    touched: frozenset[str]
    untouched: frozenset[str]
    starts_on: date
    weeks_before: int
    weeks_after: int
    expected: float
    frozen_at: datetime
    picked: Picked | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            InvalidDesignError: with the field and what to write instead.
        """
        self._check_groups()
        self._check_weeks()
        if self.expected * self.metric.better <= 0:
            raise InvalidDesignError(
                f"The expected effect {self.expected:g} makes {self.metric.value} worse.",
                field="expected",
                remedy="Give the change of the metric with its sign: -4 is four fewer.",
            )
        if self.picked and not self.picked.first <= self.picked.last < self.starts_on:
            raise InvalidDesignError(
                "The days that made the issue stand out do not lie before the change.",
                field="picked",
                remedy="Give the first and the last day of feedback that the issue was found by.",
            )

    def _check_groups(self) -> None:
        if not self.touched:
            raise InvalidDesignError(
                "No group is touched by the change.",
                field="touched",
                remedy="Name at least one group that the change reaches.",
            )
        if both := self.touched & self.untouched:
            raise InvalidDesignError(
                f"{', '.join(sorted(both))}: both touched and untouched.",
                field="untouched",
                remedy="Name each group once.",
            )

    def _check_weeks(self) -> None:
        bounds = {"weeks_before": FEWEST_BEFORE, "weeks_after": FEWEST_AFTER}
        for field, least in bounds.items():
            if not least <= getattr(self, field) <= MOST_WEEKS:
                raise InvalidDesignError(
                    f"{field} is {getattr(self, field)}.",
                    field=field,
                    remedy=f"Give {least} to {MOST_WEEKS} weeks.",
                )

    @property
    def late(self) -> bool:
        """Tell whether the design was written after the change had begun (UTC days)."""
        return self.frozen_at.date() >= self.starts_on

    def week_of(self, day: date) -> int:
        """Return the week that `day` lies in; weeks before the change are negative."""
        return (day - self.starts_on).days // DAYS

    def counts(self, week: int) -> bool:
        """Tell whether a week is compared.

        The weeks that made the issue stand out are not: an extreme week is followed by a more
        usual one whatever is done, so they would lend every change an effect.
        """
        if not -self.weeks_before <= week < self.weeks_after:
            return False
        picked = self.picked
        return not picked or not self.week_of(picked.first) <= week <= self.week_of(picked.last)
