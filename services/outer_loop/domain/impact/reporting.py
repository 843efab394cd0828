"""From what was heard to the report that people read, and what a design will be able to find.

This imports what estimates; whoever only shows reports imports report.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean

from services.outer_loop.domain.designs import GroupWeek, PlannedDesign
from services.outer_loop.domain.impact.assess import Assessment, assess
from services.outer_loop.domain.impact.design import DAYS, ImpactDesign
from services.outer_loop.domain.impact.estimate import Estimate
from services.outer_loop.domain.impact.power import Power, power
from services.outer_loop.domain.impact.report import Finding, Naive, Report, WeekShown, Worth
from services.outer_loop.domain.impact.series import Heard
from services.outer_loop.domain.impact.stakes import Span, Stakes
from services.outer_loop.domain.impact.value import value


def report_on(
    planned: PlannedDesign, weeks: Sequence[GroupWeek], activated: Sequence[date]
) -> Report:
    """Assess a plan by what was heard; `activated` are the days of new programs."""
    design = planned.design
    found = assess(design, _heard(weeks), activated=activated)
    shown = _weeks_shown(design, weeks, found)
    estimate = found.estimate
    return Report(
        method=estimate.method.value if estimate else None,
        effect=_span(estimate) if estimate else None,
        observed=estimate.observed if estimate else None,
        without=_without(estimate) if estimate else None,
        outcome=found.judgement.outcome.value,
        sentence=found.judgement.reason,
        settle=found.judgement.settle,
        checks=[
            Finding(
                doubt=one.doubt.value,
                sentence=one.sentence,
                forbids=one.forbids,
                settle=one.settle,
            )
            for one in found.checks
        ],
        weeks=shown,
        naive=_naive(shown),
        worth=_worth(design, estimate, planned.stakes),
        activated=[day for day in activated if _shows(shown, day)],
    )


def foresee(design: ImpactDesign, weeks: Sequence[GroupWeek]) -> Power | None:
    """Return what the design will find, None with fewer than eight weeks of the past."""
    return power(design, _heard(weeks))


def _heard(weeks: Iterable[GroupWeek]) -> list[Heard]:
    return [
        Heard(group=one.group, week=one.week, listened=one.listened, amount=one.amount)
        for one in weeks
    ]


def _span(found: Estimate) -> Span:
    return Span(value=found.effect.value, low=found.effect.low, high=found.effect.high)


def _without(found: Estimate) -> Span:
    return Span(
        value=found.without,
        low=found.observed - found.effect.high,
        high=found.observed - found.effect.low,
    )


def _worth(design: ImpactDesign, found: Estimate | None, stakes: Stakes | None) -> Worth | None:
    if found is None or stakes is None:
        return None
    worth = value(design, found, stakes)
    return Worth(kept=worth.kept, worth=worth.worth, net=worth.net, currency=worth.currency)


def _weeks_shown(
    design: ImpactDesign, weeks: Sequence[GroupWeek], found: Assessment
) -> list[WeekShown]:
    """Return every week in which a touched group was heard; compared ones as they were compared."""
    series = found.series
    rates = {
        int(week): float(rate) for week, rate in zip(series.weeks, series.touched, strict=True)
    }
    gaps = {int(week): float(gap) for week, gap in zip(series.weeks, series.values, strict=True)}
    listened, amounts = _summed(design, weeks)
    return [
        WeekShown(
            starts=design.starts_on + timedelta(days=week * DAYS),
            week=week,
            listened=number,
            value=rates.get(week, design.metric.factor * amounts[week] / number),
            untouched=rates[week] - gaps[week] if series.compared and week in rates else None,
            compared=week in rates,
        )
        for week, number in sorted(listened.items())
        if number
    ]


def _summed(
    design: ImpactDesign, weeks: Iterable[GroupWeek]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    listened: defaultdict[int, int] = defaultdict(int)
    amounts: defaultdict[int, int] = defaultdict(int)
    for one in weeks:
        if one.group in design.touched:
            listened[one.week] += one.listened
            amounts[one.week] += one.amount
    return listened, amounts


def _naive(weeks: Sequence[WeekShown]) -> Naive | None:
    after = [one.value for one in weeks if one.week >= 0]
    before = [one.value for one in weeks if -len(after) <= one.week < 0]
    return Naive(before=fmean(before), after=fmean(after)) if before and after else None


def _shows(weeks: Sequence[WeekShown], day: date) -> bool:
    return bool(weeks) and weeks[0].starts <= day < weeks[-1].starts + timedelta(days=DAYS)
