"""The whole assessment of one change: estimate, checks, verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.outer_loop.domain.impact.checks import (
    Check,
    about_design,
    about_listening,
    about_past,
    about_program,
    enough,
)
from services.outer_loop.domain.impact.design import ImpactDesign
from services.outer_loop.domain.impact.estimate import Estimate, estimate
from services.outer_loop.domain.impact.series import Heard, Series, cells, series_of
from services.outer_loop.domain.impact.verdict import Judgement, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a change did. There is no estimate where too little was heard for one."""

    series: Series
    estimate: Estimate | None
    checks: Sequence[Check]
    judgement: Judgement


def assess(
    design: ImpactDesign, heard: Iterable[Heard], *, activated: Sequence[date] = ()
) -> Assessment:
    """Judge a change by what was heard; `activated` are the days that a program became active."""
    rows = list(heard)
    series = series_of(design, rows)
    missing = list(enough(series))
    if missing:
        return Assessment(
            series=series, estimate=None, checks=missing, judgement=judge(design, None, missing)
        )
    found = estimate(series)
    checks = [
        *about_design(design),
        *about_past(series, found, design.metric),
        *about_listening(design, cells(design, rows)),
        *about_program(design, activated),
    ]
    return Assessment(
        series=series, estimate=found, checks=checks, judgement=judge(design, found, checks)
    )
