from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.agreement import agreement

pairs = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")))


def test_the_example_of_a_textbook_comes_out() -> None:
    # Two readers of 50 grant proposals: 20 both yes, 15 both no, 5 and 10 apart.
    both = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement(both)
    assert found.compared == 50
    assert found.share == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)


@given(pairs)
def test_it_does_not_matter_who_comes_first(both: list[tuple[str, str]]) -> None:
    assert agreement(both) == agreement([(other, one) for one, other in both])


@given(pairs)
def test_kappa_never_exceeds_the_share_nor_leaves_its_range(both: list[tuple[str, str]]) -> None:
    found = agreement(both)
    if found.kappa is not None:
        assert found.share is not None
        assert -1 <= found.kappa <= found.share <= 1


@given(st.lists(st.sampled_from("abc"), min_size=2))
def test_who_says_the_same_agrees_fully(labels: list[str]) -> None:
    found = agreement(zip(labels, labels, strict=True))
    assert found.share == 1
    assert found.kappa == (1 if len(set(labels)) > 1 else None)


def test_nothing_to_compare_is_no_agreement_of_zero() -> None:
    assert agreement([]) == (0, None, None)
