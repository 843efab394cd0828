"""The counting window: what it counts, and that order and repeats do not matter."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.outer_loop.domain.window import (
    Confirmation,
    Threshold,
    most_customers_within,
    reaches,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def confirmed(customer: int, hours: float) -> Confirmation:
    return Confirmation(
        customer_id=f"c{customer}",
        department="finance",
        occurred_at=START + timedelta(hours=hours),
    )


confirmations = st.lists(
    st.builds(confirmed, st.integers(0, 8), st.integers(0, 24 * 100)), max_size=40
)
windows = st.integers(1, 60)


def counted_the_slow_way(known: list[Confirmation], days: int) -> int:
    width = timedelta(days=days)
    return max(
        (
            len(
                {
                    one.customer_id
                    for one in known
                    if end.occurred_at - width < one.occurred_at <= end.occurred_at
                }
            )
            for end in known
        ),
        default=0,
    )


@given(confirmations, windows)
def test_the_count_is_that_of_the_best_window(known: list[Confirmation], days: int) -> None:
    assert most_customers_within(known, days) == counted_the_slow_way(known, days)


@given(confirmations, windows, st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(
    known: list[Confirmation], days: int, chance: random.Random
) -> None:
    again = known + known[: len(known) // 2]
    chance.shuffle(again)
    assert most_customers_within(again, days) == most_customers_within(known, days)


@given(confirmations, confirmations, windows, st.integers(1, 9))
def test_an_issue_once_due_stays_due_whatever_else_becomes_known(
    known: list[Confirmation], more: list[Confirmation], days: int, customers: int
) -> None:
    threshold = Threshold(customers=customers, days=days, program_version=1)
    assert not reaches(known, threshold) or reaches(known + more, threshold)


@given(confirmations, windows)
def test_a_longer_window_never_counts_less(known: list[Confirmation], days: int) -> None:
    assert most_customers_within(known, days) <= most_customers_within(known, days + 1)


def test_the_window_is_open_at_its_start() -> None:
    apart = [confirmed(1, 0), confirmed(2, 24 * 30)]
    just_within = [confirmed(1, 0.01), confirmed(2, 24 * 30)]
    assert most_customers_within(apart, 30) == 1
    assert most_customers_within(just_within, 30) == 2


def test_one_customer_counts_once_however_often_it_happened() -> None:
    assert most_customers_within([confirmed(1, hour) for hour in range(20)], 30) == 1


def test_the_threshold_itself_is_enough() -> None:
    five = [confirmed(n, n) for n in range(5)]
    threshold = Threshold(customers=5, days=30, program_version=1)
    assert reaches(five, threshold)
    assert not reaches(five[:4], threshold)
