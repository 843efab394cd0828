from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.backtest.statistics import share_of


@pytest.mark.parametrize(
    ("n", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_one_in_print(n: int, of: int, low: float, high: float) -> None:
    told = share_of(n, of)
    assert told.low == pytest.approx(low, abs=5e-5)
    assert told.high == pytest.approx(high, abs=5e-5)


def test_of_nothing_there_is_no_share() -> None:
    told = share_of(0, 0)
    assert (told.share, told.low, told.high) == (None, None, None)


counted = st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counted)
def test_the_share_lies_in_its_interval(case: tuple[int, int]) -> None:
    told = share_of(*case)
    assert told.share is not None
    assert told.low is not None
    assert told.high is not None
    assert 0 <= told.low <= told.share <= told.high <= 1


@given(counted)
def test_ten_times_as_many_tell_more(case: tuple[int, int]) -> None:
    few, many = share_of(*case), share_of(case[0] * 10, case[1] * 10)
    assert few.high is not None
    assert few.low is not None
    assert many.high is not None
    assert many.low is not None
    assert many.high - many.low < few.high - few.low


@given(counted)
def test_what_is_not_so_has_the_opposite_interval(case: tuple[int, int]) -> None:
    n, of = case
    told, opposite = share_of(n, of), share_of(of - n, of)
    assert told.low is not None
    assert opposite.high is not None
    assert told.low == pytest.approx(1 - opposite.high, abs=1e-9)
