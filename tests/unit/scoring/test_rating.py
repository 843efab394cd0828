from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.rating import (
    Rating,
    categorize,
    default_severity,
    ends,
    in_words,
    share,
)
from shared.contracts.events import Category, Severity
from shared.program.document import DEFAULT_SCALES, Scale
from tests.unit.scoring.events import feedback, ratings

ORDER = [Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER]
SEVERITIES = list(Severity)


def rated(rating: dict[str, Any]) -> Rating:
    found = feedback(rating=rating).rating
    assert found is not None
    return found


def category(rating: dict[str, Any], scale: Scale | None = None) -> Category:
    found = rated(rating)
    return categorize(found, scale or DEFAULT_SCALES[found.scale])


@pytest.mark.parametrize(
    ("scale", "detractors", "passives", "promoters"),
    [
        ("nps", [0, 1, 2, 3, 4, 5, 6], [7, 8], [9, 10]),
        ("csat", [1, 2], [3], [4, 5]),
        ("ces", [1, 2, 3, 4], [5], [6, 7]),
        ("stars", [1, 1.5, 2, 2.5], [3, 3.5], [4, 4.5, 5]),
        ("thumbs", [0], [], [1]),
    ],
)
def test_each_scale_is_cut_where_its_definition_says(
    scale: str, detractors: list[float], passives: list[float], promoters: list[float]
) -> None:
    found: dict[Category, list[float]] = {each: [] for each in ORDER}
    for value in detractors + passives + promoters:
        found[category({"scale": scale, "value": value})].append(value)
    assert [found[each] for each in ORDER] == [detractors, passives, promoters]


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "detractor"), (60, "detractor"), (61, "passive"), (90, "promoter")]
)
def test_a_custom_range_is_cut_by_its_share(value: float, expected: str) -> None:
    rating = {"scale": "custom", "value": value, "minimum": 0, "maximum": 100}
    assert category(rating) == expected


def test_a_program_may_cut_a_scale_elsewhere() -> None:
    strict = Scale(detractor_max=8, promoter_min=10)
    assert category({"scale": "nps", "value": 8}, strict) is Category.DETRACTOR
    assert category({"scale": "nps", "value": 9}, strict) is Category.PASSIVE


cuts = st.tuples(st.floats(-2, 12), st.floats(-2, 12)).filter(lambda pair: pair[0] < pair[1])


@given(ratings, st.floats(0, 1), cuts)
def test_a_better_rating_is_never_in_a_worse_category(
    rating: dict[str, Any], further: float, cut: tuple[float, float]
) -> None:
    worse = rated(rating)
    best = ends(worse)[1]
    value = worse.value + (best - worse.value) * further
    better = worse.model_copy(update={"value": min(value, best)})
    scale = Scale(detractor_max=cut[0], promoter_min=cut[1])
    for each in (scale, DEFAULT_SCALES[worse.scale]):
        assert ORDER.index(categorize(worse, each)) <= ORDER.index(categorize(better, each))


@given(ratings)
def test_a_share_lies_between_the_ends(rating: dict[str, Any]) -> None:
    assert 0 <= share(rated(rating)) <= 1


@given(ratings, st.floats(0, 1))
def test_every_detractor_is_bad_to_some_degree_and_a_lower_rating_to_no_lesser_one(
    rating: dict[str, Any], further: float
) -> None:
    found = rated(rating)
    worst = ends(found)[0]
    lower = found.model_copy(
        update={"value": max(worst, found.value - (found.value - worst) * further)}
    )
    scale = DEFAULT_SCALES[found.scale]
    severity = default_severity(found, scale)
    if categorize(found, scale) is Category.DETRACTOR:
        assert severity in {Severity.LOW, Severity.MEDIUM, Severity.HIGH}
        assert SEVERITIES.index(default_severity(lower, scale)) >= SEVERITIES.index(severity)


@pytest.mark.parametrize(
    ("scale", "severities"),
    [
        ("nps", {0: "high", 2: "high", 3: "medium", 4: "medium", 5: "low", 6: "low"}),
        ("csat", {1: "high", 2: "low"}),
        ("ces", {1: "high", 2: "high", 3: "medium", 4: "low"}),
        ("stars", {1: "high", 1.5: "high", 2: "medium", 2.5: "low"}),
        ("thumbs", {0: "medium"}),
    ],
)
def test_the_default_severity_goes_by_thirds_of_the_detractors_part(
    scale: str, severities: dict[float, str]
) -> None:
    assert {
        value: default_severity(
            rated({"scale": scale, "value": value}),
            DEFAULT_SCALES[rated({"scale": scale, "value": value}).scale],
        )
        for value in severities
    } == severities


@pytest.mark.parametrize(
    ("rating", "words"),
    [
        ({"scale": "nps", "value": 3}, "3 of 10 (nps)"),
        ({"scale": "stars", "value": 2.5}, "2.5 of 5 (stars)"),
        ({"scale": "thumbs", "value": 0}, "thumb down"),
        (
            {"scale": "custom", "value": 1234567, "minimum": 0, "maximum": 2e9 / 2},
            "1234567 between 0 and 1000000000",
        ),
    ],
)
def test_a_rating_is_said_as_people_say_it(rating: dict[str, Any], words: str) -> None:
    assert in_words(rated(rating)) == words
