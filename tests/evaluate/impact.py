"""`python -m tests.evaluate.impact`: whether verdicts on changes hold, beside before and after.

Simulates changes whose effect is known and writes docs/accuracy-of-effects.md and its chart. The
number of changes of each size may follow the command. Exits with 1 where a bound is not kept.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_ind

from services.outer_loop.domain.impact.assess import assess
from services.outer_loop.domain.impact.verdict import Outcome
from tests.evaluate.changes import Change, Misleads, Size, simulated
from tests.evaluate.findings import DOCS, Finding, Section, write_document

_CHART = DOCS / "images" / "impact-coverage.svg"
_SEED, _EACH = 2026, 500
_LEAST, _MOST, _FALSE = 0.93, 0.97, 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was said about one change, and whether it was so."""

    misleads: Misleads
    size: Size
    held: bool
    outcome: Outcome
    naive_held: bool
    naive_effective: bool


def judged(change: Change) -> Judged:
    """Assess one change, and compare before with after as well."""
    found = assess(change.design, change.heard)
    low, high = naive(change)
    assert found.estimate is not None
    return Judged(
        misleads=change.misleads,
        size=change.size,
        held=found.estimate.effect.low <= change.truth <= found.estimate.effect.high,
        outcome=found.judgement.outcome,
        naive_held=low <= change.truth <= high,
        naive_effective=min(change.design.metric.better * one for one in (low, high)) > 0,
    )


def naive(change: Change) -> tuple[float, float]:
    """Return the 95 % interval of as many weeks after less as many before, touched groups only."""
    design = change.design
    weeks: defaultdict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in change.heard:
        if row.group in design.touched and -design.weeks_after <= row.week < design.weeks_after:
            weeks[row.week][0] += row.amount
            weeks[row.week][1] += row.listened
    rates = {week: design.metric.factor * amount / n for week, (amount, n) in weeks.items()}
    after, before = (
        np.array([rate for week, rate in rates.items() if (week >= 0) is late])
        for late in (True, False)
    )
    interval = ttest_ind(after, before, equal_var=False).confidence_interval()
    return float(interval.low), float(interval.high)


def section(found: Sequence[Judged]) -> Section:
    """Return the figures and their bounds."""
    none = [one for one in found if one.size is Size.NONE]
    large = [one for one in found if one.size is Size.LARGE]
    effective = Outcome.EFFECTIVE
    rows = [
        Finding("95 % intervals that hold the truth", _mean([o.held for o in found]), least=_LEAST),
        Finding("the same, from above", _mean([o.held for o in found]), most=_MOST),
        Finding(
            '"effective" where there is no effect',
            _mean([o.outcome is effective for o in none]),
            most=_FALSE,
        ),
        Finding(
            '"effective" where the effect is large', _mean([o.outcome is effective for o in large])
        ),
        *(
            Finding(f"intervals that hold the truth, {name}", ours)
            for name, (ours, _) in by_misleading(found).items()
        ),
    ]
    note = (
        f"{len(found):,} simulated changes, as many with no, a small and a large effect; half are "
        "compared with untouched groups, half with their own two years.\n\n"
        "![How many intervals hold the truth](images/impact-coverage.svg)"
    )
    return Section("The assessment", note, rows)


def naive_section(found: Sequence[Judged]) -> Section:
    """Return the figures of the comparison that is usually made, on the same changes."""
    none = [one for one in found if one.size is Size.NONE]
    rows = [
        Finding("95 % intervals that hold the truth", _mean([o.naive_held for o in found])),
        Finding('"effective" where there is no effect', _mean([o.naive_effective for o in none])),
        *(
            Finding(f"intervals that hold the truth, {name}", theirs)
            for name, (_, theirs) in by_misleading(found).items()
        ),
    ]
    note = "The weeks after less as many before, with Welch's interval: what is usually done."
    return Section("Before and after", note, rows)


def by_misleading(found: Sequence[Judged]) -> Mapping[str, tuple[float, float]]:
    """Return the shares of intervals that hold the truth: the assessment's, the naive one's."""
    return {
        kind.value: (
            _mean([one.held for one in found if one.misleads is kind]),
            _mean([one.naive_held for one in found if one.misleads is kind]),
        )
        for kind in Misleads
    }


def chart(found: Sequence[Judged]) -> str:
    """Return the shares as an SVG: filled the assessment, hollow before and after."""
    left, wide, high = 170, 400, 34
    parts = []
    for place, (name, shares) in enumerate(by_misleading(found).items()):
        top = 30 + high * place
        parts.append(f'<text x="{left - 8}" y="{top + 14}" text-anchor="end">{name}</text>')
        for row, (share, fill) in enumerate(zip(shares, ("#1d4ed8", "#fff"), strict=True)):
            parts.append(
                f'<rect x="{left}" y="{top + 11 * row}" width="{wide * share:.0f}" height="9" '
                f'fill="{fill}" stroke="#1d4ed8"/>'
                f'<text x="{left + wide * share + 5:.0f}" y="{top + 8 + 11 * row}">'
                f"{share:.0%}</text>"
            )
    mark = left + wide * 0.95
    bottom = 30 + high * len(Misleads)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {bottom + 10}" '
        'font-family="sans-serif" font-size="11" role="img"><title>95 % intervals that hold the '
        "truth</title>"
        f'<rect width="640" height="{bottom + 10}" fill="#fff"/>'
        '<text x="10" y="16">95 % intervals that hold the truth. Filled: the assessment. Hollow: '
        "before and after.</text>"
        f'<line x1="{mark}" x2="{mark}" y1="24" y2="{bottom}" stroke="#666" '
        f'stroke-dasharray="3"/>{"".join(parts)}</svg>\n'
    )


_HEAD = """# How well effects of changes are told

Written by `python -m tests.evaluate.impact`, which simulates changes whose effect is known: what
is said of them is compared with the truth, beside the comparison that is usually made. A figure
without a bound is reported only.
"""


def _mean(which: Sequence[bool]) -> float:
    return sum(which) / len(which)


def main(each: int = _EACH) -> None:
    """Measure, write, and say what is not kept."""
    found = [judged(change) for size in Size for change in simulated(each, size, _SEED)]
    made = section(found)
    _CHART.write_text(chart(found), "utf-8")
    write_document("accuracy-of-effects.md", _HEAD, [made, naive_section(found)])
    for one in made.findings:
        sys.stdout.write(f"{'' if one.kept else 'NOT KEPT '}{one.what}: {one.value:.4f}\n")
    if not all(one.kept for one in made.findings):
        raise SystemExit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
