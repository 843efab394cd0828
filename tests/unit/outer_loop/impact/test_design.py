"""A design is refused where it contradicts itself, and says what it leaves out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.outer_loop.domain.impact.design import (
    ImpactDesign,
    InvalidDesignError,
    Metric,
    Picked,
)

STARTS = date(2026, 3, 2)


def design(**other: Any) -> ImpactDesign:  # noqa: ANN401  (any field of the design)
    """Return a sound design with other values for some fields."""
    fields: dict[str, Any] = {
        "metric": Metric.DETRACTOR_SHARE,
        "touched": frozenset({"north"}),
        "untouched": frozenset({"south"}),
        "starts_on": STARTS,
        "weeks_before": 52,
        "weeks_after": 13,
        "expected": -5.0,
        "frozen_at": datetime(2026, 2, 20, tzinfo=UTC),
    }
    return ImpactDesign(**(fields | other))


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("touched", {"touched": frozenset()}),
        ("untouched", {"untouched": frozenset({"north", "south"})}),
        ("weeks_before", {"weeks_before": 7}),
        ("weeks_after", {"weeks_after": 157}),
        ("expected", {"expected": 5.0}),
        ("expected", {"expected": 0.0}),
        ("expected", {"metric": Metric.MEAN_SCORE}),
        ("picked", {"picked": Picked(first=STARTS, last=STARTS + timedelta(days=6))}),
        ("picked", {"picked": Picked(first=date(2026, 2, 2), last=date(2026, 2, 1))}),
    ],
)
def test_a_design_that_contradicts_itself_is_refused_with_its_field(
    field: str, other: dict[str, Any]
) -> None:
    with pytest.raises(InvalidDesignError) as refused:
        design(**other)
    assert refused.value.field == field
    assert refused.value.remedy


def test_weeks_count_from_the_day_of_the_change() -> None:
    days = [STARTS - timedelta(days=7), STARTS - timedelta(days=1), STARTS]
    assert [design().week_of(day) for day in days] == [-1, -1, 0]
    assert design().week_of(STARTS + timedelta(days=7)) == 1


def test_the_weeks_that_made_the_issue_stand_out_are_not_compared() -> None:
    made = design(picked=Picked(first=STARTS - timedelta(days=20), last=STARTS - timedelta(days=9)))
    assert [week for week in range(-5, 2) if made.counts(week)] == [-5, -4, -1, 0, 1]


def test_weeks_outside_the_window_are_not_compared() -> None:
    assert [design().counts(week) for week in (-53, -52, 12, 13)] == [False, True, True, False]


def test_a_design_made_on_the_day_of_the_change_is_late() -> None:
    assert design(frozen_at=datetime(2026, 3, 2, tzinfo=UTC)).late
    assert not design(frozen_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC)).late
