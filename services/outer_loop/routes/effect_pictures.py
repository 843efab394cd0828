"""What a change did, drawn as SVG: its weeks, and what would have been without it as a band.

The band is the interval that the API gives. Every number stands in a table on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.outer_loop.domain.impact.design import DAYS
from services.outer_loop.domain.impact.report import Report, WeekShown
from services.outer_loop.routes.names import day
from shared.web.pictures import block, line, picture, words

SIZE = (640, 300)
_LEFT, _RIGHT, _TOP, _FLOOR = 38, 8, 22, 216
#: Below the weeks stands how many answered, so that a change of volume is seen.
_VOLUME_TOP, _VOLUME_FLOOR = 244, 280
_LABELS = 5


@dataclass(frozen=True, slots=True)
class _Scale:
    """From weeks and values to places in the picture."""

    first: int
    last: int
    lowest: float
    highest: float

    @classmethod
    def of(cls, report: Report) -> _Scale:
        shown = [one.value for one in report.weeks]
        shown += [one.untouched for one in report.weeks if one.untouched is not None]
        if report.without:
            shown += [report.without.low, report.without.high]
        lowest, highest = min(0.0, *shown), max(shown)
        weeks = [one.week for one in report.weeks]
        return cls(min(weeks), max(weeks) + 1, lowest, highest if highest > lowest else lowest + 1)

    def x(self, week: float) -> float:
        width = SIZE[0] - _LEFT - _RIGHT
        return _LEFT + width * (week - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        share = (value - self.lowest) / (self.highest - self.lowest)
        return _FLOOR - (_FLOOR - _TOP) * share


def effect_picture(report: Report, *, title: str, unit: str) -> Markup:
    """Return the weeks before and after the change, and what would have been without it.

    There must be a week to show.
    """
    scale = _Scale.of(report)
    parts = [
        *_picked(report.weeks, scale),
        *_band(report, scale),
        line(_LEFT, scale.y(0), SIZE[0] - _RIGHT, scale.y(0)),
        *_axis(scale),
        _path([(one.week, one.untouched) for one in report.weeks], scale, kind="others"),
        _path([(one.week, one.value) for one in report.weeks], scale, kind="seen"),
        *_means(report, scale),
        *_marks(report, scale),
        *_volumes(report.weeks, scale),
        *_days(report.weeks, scale),
    ]
    return picture(
        parts, size=SIZE, name="effect", title=title, description=_in_words(report, unit)
    )


def _path(points: Iterable[tuple[int, float | None]], scale: _Scale, *, kind: str) -> Markup:
    """Draw a line that breaks where a week is missing."""
    drawn, last = [], None
    for week, value in points:
        if value is None:
            continue
        step = "L" if last is not None and week == last + 1 else "M"
        drawn.append(f"{step}{scale.x(week + 0.5):.1f} {scale.y(value):.1f}")
        last = week
    return Markup('<path class="{}" d="{}"/>').format(kind, " ".join(drawn)) if drawn else Markup()


def _picked(weeks: Sequence[WeekShown], scale: _Scale) -> list[Markup]:
    width = scale.x(1) - scale.x(0)
    return [
        block(scale.x(one.week), _TOP, width, _FLOOR - _TOP, kind="left-out")
        for one in weeks
        if not one.compared
    ]


def _band(report: Report, scale: _Scale) -> list[Markup]:
    if report.without is None:
        return []
    left, top = scale.x(0), scale.y(report.without.high)
    height = scale.y(report.without.low) - top
    return [block(left, top, scale.x(scale.last) - left, height, kind="band")]


def _means(report: Report, scale: _Scale) -> list[Markup]:
    if report.without is None or report.observed is None:
        return []
    left, right = scale.x(0), scale.x(scale.last)
    return [
        _level(left, right, scale.y(report.without.value), kind="without"),
        _level(left, right, scale.y(report.observed), kind="observed"),
    ]


def _level(left: float, right: float, y: float, *, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, left, y, right, y
    )


def _upright(x: float, *, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{}" x2="{:.1f}" y2="{}"/>').format(
        kind, x, _TOP - 8, x, _FLOOR
    )


def _marks(report: Report, scale: _Scale) -> list[Markup]:
    change = next((one.starts for one in report.weeks if one.week == 0), None)
    x = scale.x(0)
    marks = [_upright(x, kind="change"), words(x - 4, _TOP - 10, "the change", anchor="end")]
    if change is None:
        return marks
    for when in report.activated:
        at = scale.x((when - change).days / DAYS)
        marks += [
            _upright(at, kind="program"),
            words(at + 3, _FLOOR - 4, "program", anchor="start"),
        ]
    return marks


def _axis(scale: _Scale) -> list[Markup]:
    return [
        words(_LEFT - 6, scale.y(scale.highest) + 4, f"{scale.highest:.3g}", anchor="end"),
        words(_LEFT - 6, scale.y(0) + 4, "0", anchor="end"),
    ]


def _volumes(weeks: Sequence[WeekShown], scale: _Scale) -> list[Markup]:
    most = max(one.listened for one in weeks)
    width, high = scale.x(1) - scale.x(0), _VOLUME_FLOOR - _VOLUME_TOP
    bars = [
        block(
            scale.x(one.week),
            _VOLUME_FLOOR - high * one.listened / most,
            max(width - 1, 0.5),
            high * one.listened / most,
            kind="bar soft",
        )
        for one in weeks
    ]
    return [*bars, words(_LEFT - 6, _VOLUME_TOP + 8, f"{most:,}", anchor="end")]


def _days(weeks: Sequence[WeekShown], scale: _Scale) -> list[Markup]:
    every = max(1, len(weeks) // _LABELS)
    return [
        words(scale.x(one.week), SIZE[1] - 6, f"{one.starts:%b %Y}", anchor="start")
        for place, one in enumerate(weeks)
        if place % every == 0 and place + every // 2 < len(weeks)
    ]


def _in_words(report: Report, unit: str) -> str:
    first, last = report.weeks[0].starts, report.weeks[-1].starts
    told = f"Weekly {unit}, weeks of {day(first)} to {day(last)}."
    if report.without is None or report.observed is None:
        return f"{told} There is no estimate yet."
    return (
        f"{told} After the change {report.observed:.3g}; without it, {report.without.value:.3g}, "
        f"between {report.without.low:.3g} and {report.without.high:.3g}."
    )
