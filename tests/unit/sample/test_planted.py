"""The planted stories, counted again from nothing but the events' JSON and the file's figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.sample import company as company_module
from deploy.sample.company import load_company
from deploy.sample.generator import generate

FIRST_DAY = date(2026, 4, 2)
END = FIRST_DAY + timedelta(days=90)
PLANTED = yaml.safe_load(
    Path(company_module.__file__).with_name("planted.yaml").read_text(encoding="utf-8")
)
FAULT, FIX, WAVE = PLANTED["fault"], PLANTED["fix"], PLANTED["wave"]
STORM = range(WAVE["first_day"], WAVE["first_day"] + WAVE["days"])

Told = dict[str, Any]
Wanted = Callable[[Told], bool]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """Give the rated events' data, each with its day in the sample."""
    events = generate(load_company(), seed=7, events=20_000, days=90, end=END)
    every = [json.loads(event.encoded())["data"] for event in events]
    for data in every:
        data["day"] = (datetime.fromisoformat(data["occurred_at"]).date() - FIRST_DAY).days
    return every


def unhappy(rating: dict[str, Any]) -> bool:
    """Tell whether the rating is a detractor's, by the scales' usual cuts."""
    if rating["scale"] == "custom":
        span = rating["maximum"] - rating["minimum"]
        return bool((rating["value"] - rating["minimum"]) / span <= 0.6)
    cuts = {"nps": 6, "csat": 2, "ces": 4, "stars": 2.5, "thumbs": 0}
    return bool(rating["value"] <= cuts[rating["scale"]])


def detractor_share(told: Iterable[Told], wanted: Wanted) -> tuple[float, int]:
    ratings = [data["rating"] for data in told if "rating" in data and wanted(data)]
    return sum(map(unhappy, ratings)) / len(ratings), len(ratings)


def assert_share(told: list[Told], planted: float, wanted: Wanted) -> None:
    """The share that was seen is as near to the planted one as chance allows: 3 sigma."""
    seen, count = detractor_share(told, wanted)
    assert count > 50
    assert abs(seen - planted) < 3 * sqrt(planted * (1 - planted) / count)


def at(touchpoint: str, days: Iterable[int]) -> Wanted:
    calm = set(days) - set(STORM)
    return lambda data: data["touchpoint"] == touchpoint and data["day"] in calm


def test_the_fault_starts_on_its_day(told: list[Told]) -> None:
    start = FAULT["first_day"]

    for days in (range(start), range(start - 5, start)):
        assert_share(told, FAULT["detractor_share"]["before"], at("refunds", days))
    for days in (range(start, 90), range(start, start + 5)):
        assert_share(told, FAULT["detractor_share"]["after"], at("refunds", days))
    assert FAULT["touchpoint"] == "refunds"


def test_the_fix_helps_from_its_day_on(told: list[Told]) -> None:
    start = FIX["first_day"]

    for days in (range(start), range(start - 5, start)):
        assert_share(told, FIX["detractor_share"]["before"], at("baggage", days))
    for days in (range(start, 90), range(start, start + 5)):
        assert_share(told, FIX["detractor_share"]["after"], at("baggage", days))
    assert FIX["touchpoint"] == "baggage"


def test_the_storms_bring_more_feedback_for_their_days(told: list[Told]) -> None:
    days = [data["day"] for data in told]
    week_before = sum(day in range(STORM.start - 9, STORM.start) for day in days)
    week_after = sum(day in range(STORM.stop, STORM.stop + 9) for day in days)
    storm = sum(day in STORM for day in days)

    assert storm / ((week_before + week_after) / 2) == pytest.approx(WAVE["volume"], rel=0.1)


def test_the_storms_make_customers_unhappy_everywhere_at_once(told: list[Told]) -> None:
    extra = WAVE["extra_detractor_share"]
    for touchpoint in {data["touchpoint"] for data in told} - {"refunds", "baggage"}:
        calm, _ = detractor_share(told, at(touchpoint, range(90)))

        assert_share(
            told,
            extra + (1 - extra) * calm,
            lambda data, here=touchpoint: data["touchpoint"] == here and data["day"] in STORM,  # type: ignore[misc]
        )


def test_base_detractors_are_a_usual_share(told: list[Told]) -> None:
    share, _ = detractor_share(told, lambda data: data["day"] not in STORM)

    assert 0.12 < share < 0.18


def test_nowhere_else_does_anything_happen_on_those_days(told: list[Told]) -> None:
    for touchpoint in {data["touchpoint"] for data in told} - {"refunds", "baggage"}:
        share, _ = detractor_share(told, at(touchpoint, range(90)))
        for turn in (FAULT, FIX):
            assert_share(told, share, at(touchpoint, range(turn["first_day"], 90)))


@pytest.mark.parametrize("days", [9, 30, 90, 180])
def test_the_stories_move_with_the_length_of_the_sample(days: int) -> None:
    planted = load_company().planted.within(days)

    assert planted.fault.first_day == pytest.approx(FAULT["first_day"] * days / 90, abs=0.5)
    assert planted.wave.days == pytest.approx(WAVE["days"] * days / 90, abs=1)
    assert planted.wave.first_day + planted.wave.days <= days
