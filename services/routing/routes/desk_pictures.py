"""The desk's pictures: how many follow-ups run out of time by the hour, and how old they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup

from services.routing.routes.desk_schemas import HourView
from shared.web.pictures import block, line, picture, words

_SIZE = (960, 190)
_TOP, _BOTTOM, _LEFT = 14, 26, 34
_GAP = 2
_TICK_EVERY_H = 6


def burn_down(hours: Sequence[HourView], zone: str) -> Markup:
    """Return a bar for each hour, what waits for customers set off, closed hours shaded."""
    width, height = _SIZE
    floor, step = height - _BOTTOM, (width - _LEFT) / max(len(hours), 1)
    top = max([*(hour.n for hour in hours), 1])
    parts = [
        *_shades(hours, step, floor),
        *_bars(hours, step, floor, (floor - _TOP) / top),
        line(_LEFT, floor + 0.5, width, floor + 0.5),
        words(_LEFT - 6, _TOP + 4, str(top), anchor="end"),
        words(_LEFT - 6, floor + 4, "0", anchor="end"),
        *_times(hours, step, height - 8, ZoneInfo(zone)),
    ]
    return picture(
        parts,
        size=_SIZE,
        name="burn-down",
        title=f"Follow-ups that run out of time in the next {len(hours)} hours",
        description=burn_down_words(hours, zone),
    )


def burn_down_words(hours: Sequence[HourView], zone: str) -> str:
    """Say what the picture shows."""
    total = sum(hour.n for hour in hours)
    if not total:
        return f"None runs out of time in the next {len(hours)} hours."
    worst = max(hours, key=lambda hour: hour.n)
    at = worst.start.astimezone(ZoneInfo(zone))
    return (
        f"{total:,} in {len(hours)} hours, {sum(hour.paused.n for hour in hours):,} of them paused"
        f" for customers; the most, {worst.n:,}, in the hour from {at:%a %H:%M} ({zone});"
        f" {sum(hour.n for hour in hours if hour.is_closed):,} in closed hours."
    )


def _shades(hours: Sequence[HourView], step: float, floor: float) -> Iterator[Markup]:
    for place, hour in enumerate(hours):
        if hour.is_closed:
            yield block(_LEFT + place * step, _TOP, step, floor - _TOP, kind="shade")


def _bars(hours: Sequence[HourView], step: float, floor: float, unit: float) -> Iterator[Markup]:
    for place, hour in enumerate(hours):
        left, runs = _LEFT + place * step + _GAP / 2, hour.n - hour.paused.n
        yield block(left, floor - runs * unit, step - _GAP, runs * unit, kind="bar")
        yield block(
            left, floor - hour.n * unit, step - _GAP, hour.paused.n * unit, kind="bar paused"
        )


def _times(
    hours: Sequence[HourView], step: float, baseline: float, zone: ZoneInfo
) -> Iterator[Markup]:
    for place, hour in enumerate(hours):
        if place % _TICK_EVERY_H == 0:
            there = hour.start.astimezone(zone)
            yield words(_LEFT + place * step, baseline, f"{there:%a %H:%M}", anchor="start")
