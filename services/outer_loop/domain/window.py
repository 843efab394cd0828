"""The counting window: how many customers met the same cause within so many days.

Time is the time at which customers met it (occurred_at), never the time of processing: a
replay of history counts the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """An owner confirmed the cause for one customer, who met it at `occurred_at`."""

    customer_id: str
    department: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """So many distinct customers within so many days make a systemic issue.

    `program_version` is the program that says so.
    """

    customers: int
    days: int
    program_version: int


def most_customers_within(confirmations: Iterable[Confirmation], days: int) -> int:
    """Return the largest number of distinct customers that any window of `days` holds.

    It never falls when a confirmation is added, and does not ask in which order they came:
    so the same confirmations open the same issues, whatever way they arrived.
    """
    inside: Counter[str] = Counter()
    ordered = sorted(confirmations, key=lambda one: one.occurred_at)
    width, first, most = timedelta(days=days), 0, 0
    for latest in ordered:
        inside[latest.customer_id] += 1
        while ordered[first].occurred_at <= latest.occurred_at - width:
            gone = ordered[first].customer_id
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        most = max(most, len(inside))
    return most


def reaches(confirmations: Iterable[Confirmation], threshold: Threshold) -> bool:
    """Tell whether some window holds as many customers as `threshold` asks for."""
    return most_customers_within(confirmations, threshold.days) >= threshold.customers
