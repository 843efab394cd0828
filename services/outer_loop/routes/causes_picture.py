"""Causes as a Pareto chart: bars of customers, and the line of how much of it they make up."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from services.outer_loop.domain.seeing import RankedCause
from shared.web.pictures import block, line, picture, words

_HEIGHT, _TOP, _BOTTOM, _LEFT, _RIGHT = 260, 16, 76, 44, 44
_STEP, _BAR, _THIN = 104, 34, 22
_MARGIN = 22
_LONGEST_NAME = 14
#: The chart shows so many; the table beside it has them all.
MOST_SHOWN = 20


def pareto(lines: Sequence[RankedCause]) -> Markup:
    """Return the chart of the first causes."""
    shown = lines[:MOST_SHOWN]
    width = _LEFT + _RIGHT + _STEP * max(len(shown), 4)
    floor, top = _HEIGHT - _BOTTOM, max([1, *(max(_counts(one)) for one in shown)])
    parts = [
        line(_LEFT, floor + 0.5, width - _RIGHT, floor + 0.5),
        words(_LEFT - 6, _TOP + 4, f"{top:,}", anchor="end"),
        words(_LEFT - 6, floor + 4, "0", anchor="end"),
        words(width - _RIGHT + 6, _TOP + 4, "100 %", anchor="start"),
        *(part for place, one in enumerate(shown) for part in _bars(one, place, floor, top)),
        _curve([_at(place, one.reached, floor) for place, one in enumerate(shown)]),
    ]
    return picture(
        parts,
        size=(width, _HEIGHT),
        name="pareto",
        title="Customers by cause, and the share that the first causes make up",
        description=_in_words(shown),
    )


def _counts(one: RankedCause) -> tuple[int, int]:
    return one.confirmed, one.suggested


def _bars(one: RankedCause, place: int, floor: float, top: int) -> list[Markup]:
    left = _LEFT + place * _STEP + _MARGIN
    heights = [(floor - _TOP) * n / top for n in _counts(one)]
    return [
        block(left, floor - heights[0], _BAR, heights[0], kind="bar"),
        block(left + _BAR + 2, floor - heights[1], _THIN, heights[1], kind="bar hatched"),
        *(
            words(left + (_BAR + _THIN) / 2, floor + 18 + 14 * row, part, anchor="middle")
            for row, part in enumerate(_broken(one.name))
        ),
    ]


def _broken(name: str) -> list[str]:
    """Return a name in up to four short lines; a script without spaces is cut."""
    rows: list[str] = []
    for word in name.split():
        if rows and len(rows[-1]) + len(word) < _LONGEST_NAME:
            rows[-1] += f" {word}"
        else:
            rows += [word[n : n + _LONGEST_NAME] for n in range(0, len(word), _LONGEST_NAME)]
    return rows if len(rows) <= 4 else [*rows[:3], "…"]  # noqa: PLR2004 - what fits below


def _at(place: int, share: float, floor: float) -> tuple[float, float]:
    return _LEFT + place * _STEP + _MARGIN + _BAR / 2, floor - (floor - _TOP) * share


def _curve(points: Sequence[tuple[float, float]]) -> Markup:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline class="reached" points="{}"/>').format(path)


def _in_words(shown: Sequence[RankedCause]) -> str:
    return "; ".join(
        f"{one.name}: {one.confirmed} confirmed, {one.suggested} suggested,"
        f" {100 * one.reached:.0f} % up to here"
        for one in shown
    )
