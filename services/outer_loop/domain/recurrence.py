"""Whether what a plan had cured is back: pure, over the causes that owners confirmed.

The rule. Watched are the 365 days after a plan was found to work. What was cured is back when one
window of the program's days holds at least so many distinct customers as

    max(what the program asks for, min(what chance explains, the worst window before the change))

all of whom met it after the verdict. What chance explains follows from the level that remained
between the change and the verdict, n customers in t days, with which the plan was found to work.
With Jeffreys' prior the number in another stretch of length s is negative binomial of size n + 1/2
and probability t / (t + s) (Gelman et al., Bayesian Data Analysis, section 2.6). Every window of d
days lies in two neighbouring blocks of d days; the watch has 365/d such pairs. So the count that
one pair reaches with a probability below 1 % divided by their number is reached by any window of
a whole year, by chance alone, in less than one watch of a hundred. As many as in the worst window
before the change need no such proof: then the change has lost all its effect.

Facts that come later only add customers to windows after the verdict, so that nothing undoes a
recurrence there. A late fact from before the verdict may raise what chance explains: a recurrence
that was told by then stays told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from scipy import stats

from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.window import Confirmation, Threshold, most_customers_within

WATCH_DAYS = 365
#: How often a whole watch may raise a false alarm.
FALSE_ALARMS = 0.01
_JEFFREYS = 0.5
_SHORTEST_DAYS = 1.0
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A plan that was found to work: when its change was made, and when it was judged."""

    plan_id: UUID
    key: IssueKey
    implemented_at: datetime
    effective_at: datetime
    issue_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """An issue is back: `customers` is what it took within `threshold.days`, from `since` on."""

    watch: Watch
    customers: int
    threshold: Threshold
    since: datetime


def recurrence_of(
    watch: Watch, confirmations: Sequence[Confirmation], threshold: Threshold
) -> Recurrence | None:
    """Return that it is back, None while it is not."""
    needed = customers_needed(watch, confirmations, threshold)
    ends = watch.effective_at + timedelta(days=WATCH_DAYS)
    after = [one for one in confirmations if watch.effective_at < one.occurred_at <= ends]
    since = first_window(after, threshold.days, needed)
    if since is None:
        return None
    return Recurrence(watch=watch, customers=needed, threshold=threshold, since=since)


def customers_needed(
    watch: Watch, confirmations: Sequence[Confirmation], threshold: Threshold
) -> int:
    """Return how many customers one window must hold after the verdict."""
    before = [one for one in confirmations if one.occurred_at <= watch.implemented_at]
    between = {
        one.customer_id
        for one in confirmations
        if watch.implemented_at < one.occurred_at <= watch.effective_at
    }
    measured = (watch.effective_at - watch.implemented_at).total_seconds() / _DAY_S
    chance = beyond_chance(len(between), measured, threshold.days)
    return max(threshold.customers, min(chance, most_customers_within(before, threshold.days)))


def beyond_chance(remaining: int, measured_days: float, days: int) -> int:
    """Return the least count within `days` that chance brings about in no watch of a hundred.

    `remaining` customers met it in the `measured_days` after the change.
    """
    known = max(measured_days, _SHORTEST_DAYS)
    pairs = max(WATCH_DAYS / days, 1.0)
    likely = stats.nbinom.isf(
        FALSE_ALARMS / pairs, remaining + _JEFFREYS, known / (known + 2 * days)
    )
    return int(likely) + 1


def first_window(
    confirmations: Iterable[Confirmation], days: int, customers: int
) -> datetime | None:
    """Return when the first window begins that holds so many distinct customers, if one does."""
    ordered = sorted(confirmations, key=lambda one: one.occurred_at)
    inside: Counter[str] = Counter()
    width, first = timedelta(days=days), 0
    for latest in ordered:
        inside[latest.customer_id] += 1
        while ordered[first].occurred_at <= latest.occurred_at - width:
            gone = ordered[first].customer_id
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        if len(inside) >= customers:
            return ordered[first].occurred_at
    return None
