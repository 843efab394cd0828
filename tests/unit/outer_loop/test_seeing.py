"""What stands out: shares that add up, and colours that chance does not paint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outer_loop.domain.seeing import FEWEST, STRONGEST, heat, reached

keys = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))


@given(st.lists(st.integers(0, 1000), max_size=30))
def test_the_shares_grow_to_all_of_it(counts: list[int]) -> None:
    shares = reached(counts)
    assert shares == sorted(shares)
    assert len(shares) == len(counts)
    if sum(counts):
        assert shares[-1] == pytest.approx(1)


@given(
    st.dictionaries(keys, st.integers(1, 500), max_size=9),
    st.dictionaries(st.sampled_from("xyz"), st.integers(0, 1000), max_size=3),
)
def test_the_higher_of_two_rates_is_never_paler_and_few_have_no_colour(
    customers: dict[tuple[str, str], int], heard: dict[str, int]
) -> None:
    cells = heat(customers, heard)
    assert cells.keys() == customers.keys()
    coloured = [one for one in cells.values() if one.strength]
    assert all(one.customers >= FEWEST and one.rate is not None for one in coloured)
    in_order = sorted(coloured, key=lambda one: one.rate or 0)
    assert [one.strength for one in in_order] == sorted(one.strength for one in in_order)
    assert not coloured or in_order[-1].strength == STRONGEST


def test_a_rate_is_of_a_hundred_heard_there_and_never_above_all_of_them() -> None:
    cells = heat({("late", "x"): 10, ("rude", "x"): 4, ("late", "y"): 30}, {"x": 200, "y": 20})
    assert cells["late", "x"].rate == 5
    assert cells["rude", "x"].strength == 0
    assert (cells["late", "y"].rate, cells["late", "y"].strength) == (100, STRONGEST)
