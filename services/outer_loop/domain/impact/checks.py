"""What could have moved the numbers besides the change: each a sentence, some forbid a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from services.outer_loop.domain.impact.design import (
    FEWEST_AFTER,
    FEWEST_BEFORE,
    ImpactDesign,
    Metric,
)
from services.outer_loop.domain.impact.estimate import CHANGE, SEASON_TWICE, Estimate, step
from services.outer_loop.domain.impact.regression import Coefficient, detectable
from services.outer_loop.domain.impact.series import Cells, Series

#: Listening that changed by half is worth a word; doubled or halved, others may be answering.
_NOTED, _OTHERS = 1.5, 2.0
#: So much of what is heard, in 100, may come from other groups than before without a word.
_MIX = 10


class Doubt(StrEnum):
    """What a check looks for."""

    TOO_LITTLE = "too_little"
    LATE_DESIGN = "late_design"
    EARLIER_TREND = "earlier_trend"
    EARLIER_STEP = "earlier_step"
    SEASON = "season"
    PICKED = "picked"
    VOLUME = "volume"
    MIX = "mix"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found, in a sentence. One that `forbids` a verdict says what would `settle` it."""

    doubt: Doubt
    sentence: str
    forbids: bool = False
    settle: str = ""


def enough(series: Series) -> Iterator[Check]:
    """Yield what is missing for any estimate: weeks, or numbers that vary."""
    for name, part, least in (
        ("before", series.before, FEWEST_BEFORE),
        ("after", series.after, FEWEST_AFTER),
    ):
        if len(part.weeks) < least:
            yield Check(
                doubt=Doubt.TOO_LITTLE,
                sentence=f"Every group was heard in only {len(part.weeks)} weeks {name} the "
                f"change; {least} are the fewest.",
                forbids=True,
                settle="Wait for more weeks, or name fewer and larger groups.",
            )
    if len(series.weeks) and not np.ptp(series.values) > 0:
        yield Check(
            doubt=Doubt.TOO_LITTLE,
            sentence="The measure was the same in every week, so nothing can be told from it.",
            forbids=True,
            settle="Choose a measure that counts what customers meet here.",
        )


def about_design(design: ImpactDesign) -> Iterator[Check]:
    """Yield what the design itself leaves open."""
    if design.late:
        yield Check(
            doubt=Doubt.LATE_DESIGN,
            sentence="What to compare was chosen after the change had begun, so the comparison "
            "may suit the result.",
        )
    if design.picked:
        yield Check(
            doubt=Doubt.PICKED,
            sentence="The weeks that made the issue stand out are left out: they were "
            "unusually bad, and more usual ones follow by themselves.",
        )
    else:
        yield Check(
            doubt=Doubt.PICKED,
            sentence="It is not on record by which weeks the issue was found; if it was found "
            "at its worst, some of the effect came by itself.",
        )


def about_past(series: Series, found: Estimate, metric: Metric) -> Iterator[Check]:
    """Yield what the weeks before the change say about the model: trend, steps, season."""
    if found.trend:
        yield _trend(found.trend, found.degrees, metric)
    yield from _earlier_step(series, found, metric)
    if not series.compared and series.weeks.min() > -SEASON_TWICE:
        yield Check(
            doubt=Doubt.SEASON,
            sentence="With nothing to compare and less than two years before the change, the "
            "season may have done this.",
            forbids=True,
            settle="Name groups that the change does not reach, or wait for the same weeks of "
            "next year.",
        )


def _trend(trend: Coefficient, degrees: int, metric: Metric) -> Check:
    moves = trend.low > 0 or trend.high < 0
    seen = f"{detectable(trend.error, degrees):.2g}"
    sentence = (
        f"Before the change the measure already moved by {trend.value:+.2g} {metric.unit} a "
        "year; the effect is what came on top of it."
        if moves
        else f"No earlier trend is visible; one of {seen} {metric.unit} a year would have been "
        "seen 8 times in 10. A straight one is taken out in any case."
    )
    return Check(doubt=Doubt.EARLIER_TREND, sentence=sentence)


def _earlier_step(series: Series, found: Estimate, metric: Metric) -> Iterator[Check]:
    """Pretend that the change came where the last third of the past begins."""
    past = series.before
    since = float(past.weeks[-(len(past.weeks) // 3)])
    columns = found.terms.columns(past.weeks, since=since)
    if len(past.weeks) - len(columns) < FEWEST_AFTER:
        return
    pretended = step(past, found.terms, since=since)
    earlier = pretended.terms[CHANGE]
    if earlier.low > 0 or earlier.high < 0:
        yield Check(
            doubt=Doubt.EARLIER_STEP,
            sentence=f"The measure had already jumped by {earlier.value:+.2g} {metric.unit} "
            f"{-since:.0f} weeks before the change, so such jumps come without it.",
            forbids=True,
            settle="Find what happened then; compare with groups that it happened to as well.",
        )
    else:
        smallest = detectable(earlier.error, pretended.degrees)
        yield Check(
            doubt=Doubt.EARLIER_STEP,
            sentence=f"A change pretended {-since:.0f} weeks earlier shows no effect, as it "
            f"should; {smallest:.2g} {metric.unit} would have been seen 8 times in 10.",
        )


def about_listening(design: ImpactDesign, table: Cells) -> Iterator[Check]:
    """Yield whether more, fewer or other customers were listened to than before."""
    before, after = _heard(table, design, past=True), _heard(table, design, past=False)
    ratio = _relative(before, after, design.touched)
    if design.untouched:
        ratio /= _relative(before, after, design.untouched)
    if max(ratio, 1 / ratio) >= _NOTED:
        yield _volume(ratio, compared=bool(design.untouched))
    moved = _moved(before, after, design.touched)
    if moved > _MIX:
        yield Check(
            doubt=Doubt.MIX,
            sentence=f"{moved:.0f} in 100 answers come from other groups than before; each "
            "group keeps the weight it had, so this moves nothing.",
        )


def _volume(ratio: float, *, compared: bool) -> Check:
    others = max(ratio, 1 / ratio) >= _OTHERS
    beside = ", beside the untouched groups" if compared else ""
    return Check(
        doubt=Doubt.VOLUME,
        sentence=f"After the change {ratio:.1f} times as many customers a week were listened "
        f"to as before{beside}: others may be answering.",
        forbids=others,
        settle="Listen to the same share of customers as before for some weeks." if others else "",
    )


def _heard(table: Cells, design: ImpactDesign, *, past: bool) -> dict[str, float]:
    """Return the mean number listened to a week by group, over the weeks that are compared."""
    weeks = {week for _, week in table if (week < 0) == past}
    return {
        group: sum(n for (name, week), (n, _) in table.items() if name == group and week in weeks)
        / max(1, len(weeks))
        for group in sorted(design.touched | design.untouched)
    }


def _relative(before: dict[str, float], after: dict[str, float], groups: Iterable[str]) -> float:
    named = list(groups)
    return sum(after[one] for one in named) / sum(before[one] for one in named)


def _moved(before: dict[str, float], after: dict[str, float], groups: Iterable[str]) -> float:
    """Return how many in 100 would have to change their group to undo the changed mix."""
    named = sorted(groups)
    was, now = sum(before[one] for one in named), sum(after[one] for one in named)
    return 50 * sum(abs(before[one] / was - after[one] / now) for one in named)


def about_program(design: ImpactDesign, activated: Sequence[date]) -> Iterator[Check]:
    """Yield whether the program, which says what counts, changed during the comparison."""
    inside = [day for day in activated if design.counts(design.week_of(day))]
    if not inside:
        return
    days = ", ".join(f"{day:%d %b %Y}" for day in sorted(inside))
    if design.untouched:
        yield Check(
            doubt=Doubt.PROGRAM,
            sentence=f"The program changed on {days}; it counts touched and untouched groups "
            "alike, so the comparison stands.",
        )
        return
    yield Check(
        doubt=Doubt.PROGRAM,
        sentence=f"The program that says what counts changed on {days}.",
        forbids=True,
        settle="Score the whole window again by one version of the program.",
    )
