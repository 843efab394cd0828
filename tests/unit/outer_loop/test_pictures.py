"""Pictures carry their words and their numbers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from services.outer_loop.routes.pictures import share_bar, spark, weekly_bars

SVG = st.lists(st.integers(0, 10_000), min_size=1, max_size=30)


def weeks(number: int) -> list[date]:
    return [date(2026, 6, 1) + timedelta(weeks=n) for n in range(number)]


@given(SVG)
def test_a_spark_has_a_bar_for_each_value_as_tall_as_its_share(values: list[int]) -> None:
    bars = ET.fromstring(spark(values, name="s", label="Customers")).findall("rect")  # noqa: S314
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert len(heights) == len(values)
    for height, value in zip(heights, values, strict=True):
        assert abs(height - 28 * value / max([*values, 1])) <= 0.06


@given(SVG)
def test_no_bar_leaves_its_panel(values: list[int]) -> None:
    picture = weekly_bars(weeks(len(values)), values, name="w", title="t", behind=values)
    for bar in ET.fromstring(picture).findall("rect"):  # noqa: S314  (our own words)
        top, height = float(bar.attrib["y"]), float(bar.attrib["height"])
        assert top >= 0
        assert top + height <= 168


def test_a_picture_names_itself_and_says_what_it_shows() -> None:
    picture = weekly_bars(weeks(3), [1, 4, 0], name="trend", title="Customers per week")
    assert 'aria-labelledby="trend-title trend-desc"' in picture
    assert "<title" in picture
    assert "5 in 3 weeks; the most, 4, in the week of 8 Jun 2026; 0 in the latest week." in picture


def test_an_empty_picture_says_so() -> None:
    assert "None in these weeks." in weekly_bars(weeks(2), [0, 0], name="t", title="t")


def test_words_in_a_picture_are_escaped() -> None:
    assert "<script>" not in spark([1], name='"><script>', label="<script>alert(1)</script>")


def test_no_picture_needs_an_inline_style() -> None:
    drawn = [
        spark([1], name="a", label="b"),
        share_bar(0.4),
        weekly_bars([], [], name="a", title="b"),
    ]
    assert not any(re.search(r"\sstyle=|<style|\son\w+=", picture) for picture in drawn)


def test_a_share_is_as_long_as_its_part() -> None:
    assert 'width="40.0"' in share_bar(0.4)
    assert 'width="100' in share_bar(7)
