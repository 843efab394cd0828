"""When what a plan had cured is back, and that chance alone hardly ever says so."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.recurrence import (
    FALSE_ALARMS,
    WATCH_DAYS,
    Watch,
    beyond_chance,
    customers_needed,
    first_window,
    recurrence_of,
)
from services.outer_loop.domain.window import Confirmation, Threshold, most_customers_within

MADE = datetime(2026, 3, 1, tzinfo=UTC)
JUDGED = MADE + timedelta(days=90)
WATCH = Watch(
    plan_id=UUID(int=1),
    key=IssueKey("acme", "returns", "refund_late"),
    implemented_at=MADE,
    effective_at=JUDGED,
    issue_version=1,
)
THRESHOLD = Threshold(customers=5, days=30, program_version=1)


def met(days: float, customer: object, start: datetime = JUDGED) -> Confirmation:
    return Confirmation(
        customer_id=str(customer), department="finance", occurred_at=start + timedelta(days=days)
    )


def cluster(customers: int, at: float = 20, start: datetime = JUDGED) -> list[Confirmation]:
    return [met(at + n / 10, f"new {n}", start) for n in range(customers)]


#: The trouble before the change: so many in one window that chance alone explains fewer.
BEFORE = [met(-n / 10 - 1, f"old {n}", MADE) for n in range(40)]


def test_enough_customers_in_one_window_after_the_verdict_are_a_recurrence() -> None:
    needed = customers_needed(WATCH, BEFORE, THRESHOLD)
    found = recurrence_of(WATCH, [*BEFORE, *cluster(needed)], THRESHOLD)
    assert found is not None
    assert (found.customers, found.since) == (needed, JUDGED + timedelta(days=20))
    assert recurrence_of(WATCH, [*BEFORE, *cluster(needed - 1)], THRESHOLD) is None


def test_it_takes_at_least_what_the_program_asks_for() -> None:
    strict = Threshold(customers=30, days=30, program_version=1)
    assert recurrence_of(WATCH, [*BEFORE, *cluster(29)], strict) is None
    assert recurrence_of(WATCH, [*BEFORE, *cluster(30)], strict) is not None


def test_customers_before_the_verdict_are_none_of_a_recurrence() -> None:
    assert recurrence_of(WATCH, [*BEFORE, *cluster(60, at=-4)], THRESHOLD) is None


def test_one_customer_many_times_is_one() -> None:
    again = [met(n / 10, "same") for n in range(100)]
    assert recurrence_of(WATCH, [*BEFORE, *again], THRESHOLD) is None


def test_the_more_remained_after_the_change_the_more_it_takes() -> None:
    remaining = [met(-n, f"left {n}") for n in range(1, 60)]
    assert customers_needed(WATCH, [*BEFORE, *remaining], THRESHOLD) > customers_needed(
        WATCH, BEFORE, THRESHOLD
    )


def test_as_many_as_before_the_change_are_always_enough() -> None:
    before = BEFORE[:8]
    remaining = [met(-n / 2, f"left {n}") for n in range(1, 150)]
    assert customers_needed(WATCH, [*before, *remaining], THRESHOLD) == 8


def test_after_a_year_nothing_is_watched_any_more() -> None:
    late = cluster(60, at=WATCH_DAYS + 1)
    assert recurrence_of(WATCH, [*BEFORE, *late], THRESHOLD) is None


confirmations = st.lists(st.builds(met, st.floats(-200, 400), st.integers(0, 60)), max_size=120)


@given(found=confirmations, seed=st.randoms())
def test_the_order_in_which_causes_came_in_decides_nothing(
    found: list[Confirmation], seed: random.Random
) -> None:
    mixed = list(found)
    seed.shuffle(mixed)
    assert recurrence_of(WATCH, mixed, THRESHOLD) == recurrence_of(WATCH, found, THRESHOLD)


@given(found=confirmations, later=confirmations)
def test_more_causes_after_the_verdict_undo_no_recurrence(
    found: list[Confirmation], later: list[Confirmation]
) -> None:
    more = [one for one in later if one.occurred_at > JUDGED]
    if recurrence_of(WATCH, found, THRESHOLD):
        assert recurrence_of(WATCH, [*found, *more], THRESHOLD)


@given(found=confirmations, customers=st.integers(1, 12))
def test_a_first_window_is_found_exactly_where_some_window_holds_so_many(
    found: list[Confirmation], customers: int
) -> None:
    holds = most_customers_within(found, 30) >= customers
    assert (first_window(found, 30, customers) is not None) == holds


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
def test_a_year_of_the_same_level_raises_a_false_alarm_less_than_once_in_a_hundred(
    rate: float,
) -> None:
    """10,000 years of Poisson noise at the level that remained: 100 alarms would be too many."""
    chance = np.random.default_rng(7)
    alarms, years = 0, 10_000
    for _ in range(years):
        needed = beyond_chance(int(chance.poisson(rate * 90)), 90, 30)
        days = np.sort(chance.uniform(0, WATCH_DAYS, chance.poisson(rate * WATCH_DAYS)))
        if len(days) >= needed:
            alarms += bool((days[needed - 1 :] - days[: len(days) - needed + 1] < 30).any())
    assert alarms / years < FALSE_ALARMS
