"""Small pictures, drawn on the server as SVG: no script, no style attribute, words included.

Each has a title and a description; the numbers stand in a table beside it, on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from services.outer_loop.routes.names import day
from shared.web.pictures import block, line, picture, words

_GAP = 2
_SPARK = (132, 30)
_PANEL = (480, 168)
_TOP, _BOTTOM, _LEFT = 14, 24, 34
_TICK_APART = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """Where bars stand: on the floor, between left and left + width, up to height."""

    left: float
    width: float
    floor: float
    height: float


def spark(values: Sequence[int], *, name: str, label: str) -> Markup:
    """Return one bar for each value, without axes. `name` makes its ids unique on the page."""
    width, height = _SPARK
    box = _Box(left=0, width=width, floor=height - 1, height=height - 2)
    bars = _bars(values, box, top=max([*values, 1]))
    return picture(
        [bars, line(0, height - 0.5, width, height - 0.5)],
        size=_SPARK,
        name=name,
        title=label,
        description=f"Per week, oldest first: {', '.join(map(str, values))}.",
    )


def weekly_bars(
    weeks: Sequence[date],
    values: Sequence[int],
    *,
    name: str,
    title: str,
    behind: Sequence[int] = (),
) -> Markup:
    """Return a panel with a bar for each week; `behind` are what the values are a part of."""
    width, height = _PANEL
    floor = height - _BOTTOM
    box = _Box(left=_LEFT, width=width - _LEFT, floor=floor, height=floor - _TOP)
    top = max([*values, *behind, 1])
    parts = [
        _bars(behind, box, top=top, soft=True),
        _bars(values, box, top=top),
        line(_LEFT, floor + 0.5, width, floor + 0.5),
        words(_LEFT - 6, _TOP + 4, str(top), anchor="end"),
        words(_LEFT - 6, floor + 4, "0", anchor="end"),
        *_week_names(weeks, width=width, baseline=height - 6),
    ]
    return picture(
        parts,
        size=_PANEL,
        name=name,
        title=title,
        description=_in_words(weeks, values, behind),
    )


def share_bar(part: float) -> Markup:
    """Return a bar as long as `part` of its cell, 0 to 1; the number stands beside it."""
    length = round(100 * min(max(part, 0), 1), 1)
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><rect class="bar" width="{}" height="8"></rect></svg>'
    ).format(length)


def _bars(values: Sequence[int], box: _Box, *, top: int, soft: bool = False) -> Markup:
    step = box.width / max(len(values), 1)
    return Markup("").join(
        block(
            box.left + place * step + _GAP / 2,
            box.floor - box.height * value / top,
            step - _GAP,
            box.height * value / top,
            kind="bar soft" if soft else "bar",
        )
        for place, value in enumerate(values)
    )


def _week_names(weeks: Sequence[date], *, width: float, baseline: float) -> list[Markup]:
    step = (width - _LEFT) / max(len(weeks), 1)
    return [
        words(_LEFT + place * step, baseline, f"{week.day} {week:%b}", anchor="start")
        for place, week in enumerate(weeks)
        if place % _TICK_APART == 0 and place + 2 < len(weeks)
    ]


def _in_words(weeks: Sequence[date], values: Sequence[int], behind: Sequence[int]) -> str:
    if not any(values):
        return "None in these weeks."
    highest = max(values)
    when = day(weeks[list(values).index(highest)])
    of_all = f" of {sum(behind)}" if behind else ""
    return (
        f"{sum(values)}{of_all} in {len(weeks)} weeks; the most, {highest}, in the week of {when};"
        f" {values[-1]} in the latest week."
    )
