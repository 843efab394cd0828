"""What customers say later, held against what they said before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.later import Comparison, Stand, compared, said_in
from shared.contracts.events import Category
from tests.integration.routing.company import NOW, scored

ROWS: list[tuple[tuple[str, str | None, float | None], tuple[str, str | None, float | None], str]]
ROWS = [
    (("detractor", "nps", 2), ("passive", "nps", 7), "recovered"),
    (("detractor", "nps", 2), ("promoter", "csat", 5), "recovered"),
    (("detractor", None, None), ("passive", None, None), "recovered"),
    (("passive", "nps", 8), ("promoter", "nps", 9), "recovered"),
    (("detractor", "nps", 2), ("detractor", "nps", 5), "unchanged"),
    (("detractor", "nps", 2), ("detractor", "nps", 2), "unchanged"),
    (("detractor", "nps", 2), ("detractor", "csat", 1), "unchanged"),
    (("detractor", "custom", 9), ("detractor", "custom", 1), "unchanged"),
    (("detractor", "nps", 2), ("detractor", None, None), "unchanged"),
    (("detractor", "nps", 2), ("detractor", "nps", 1), "worse"),
    (("promoter", "nps", 10), ("passive", "nps", 8), "worse"),
    (("passive", "nps", 7), ("detractor", "stars", 1), "worse"),
]


def _stand(category: str, scale: str | None, value: float | None) -> Stand:
    return Stand(category=Category(category), scale=scale, value=value)


@pytest.mark.parametrize(("before", "after", "expected"), ROWS)
def test_who_rose_to_another_category_has_recovered_and_who_fell_is_worse(
    before: tuple[str, str | None, float | None],
    after: tuple[str, str | None, float | None],
    expected: Comparison,
) -> None:
    assert compared(_stand(*before), _stand(*after)) == expected


known = st.builds(
    Stand,
    category=st.sampled_from([Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER]),
    scale=st.sampled_from(["nps", "csat", "custom"]),
    value=st.integers(1, 5).map(float),
)


@given(known, known)
def test_nobody_is_better_both_ways(before: Stand, after: Stand) -> None:
    if compared(before, after) == "recovered":
        assert compared(after, before) == "worse"
    assert compared(before, before) == "unchanged"


def test_what_tells_nothing_of_where_a_customer_stands_is_not_heard() -> None:
    event = scored(1, flagged=False)
    unrated = event.data.score.model_copy(update={"category": Category.UNRATED})
    silent = event.model_copy(update={"data": event.data.model_copy(update={"score": unrated})})
    (said,) = said_in([silent, event])
    assert (said.customer_id, said.at) == ("C-00001", event.data.feedback.occurred_at)
    assert said.at < NOW
    assert said.stand == Stand(category=Category.PROMOTER, scale="nps", value=2)
