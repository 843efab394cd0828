"""`python -m tests.evaluate.detector`: how often the detector errs, and how much it sees.

Made-up companies at which nothing happens, and some at which one thing does; the sample company,
whose truth is planted. Writes docs/accuracy-of-the-detector.md and its chart. The number of
companies may follow the command. Exits with 1 where a bound is not kept.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from deploy.sample.company import load_company
from services.outer_loop.domain.detection.detect import detect
from services.outer_loop.domain.detection.rules import Kind
from services.outer_loop.domain.detection.sightings import Cell, Sighting, observe
from tests.evaluate.alarms import RULE, days_to_find, false_alarms, sample_alarms
from tests.evaluate.findings import DOCS, Finding, Section, write_document

_CHART = DOCS / "images" / "detector-power.svg"
#: Seeds that no threshold was chosen on.
_FIRST_SEED, _COMPANIES, _EACH = 1_000, 200, 40
_MONTHLY, _TIMES = (3, 10, 30, 90), (2, 3, 5, 10)
_WITHIN_DAYS, _MOST_SECONDS, _CELLS = 3, 5.0, 5_000

Power = Mapping[tuple[int, int], float]


def calm(companies: int) -> Section:
    """Return the false alarms of a quarter at companies where nothing happens."""
    alarms = [false_alarms(_FIRST_SEED + n) for n in range(companies)]
    return Section(
        "Nothing happens",
        f"{companies} made-up companies of 30 cells, looked at on each day of a quarter. "
        "Their listening grows and has weekdays and a season, causes have a season of their own, "
        "good and bad days and weeks. An alarm that goes on is one.",
        [
            Finding("false alarms of a company in a quarter", _mean(alarms), most=1.0),
            Finding("companies with any", _mean([n > 0 for n in alarms])),
            Finding("the most at one company", max(alarms)),
        ],
    )


def planted_truth(seeds: range) -> Section:
    """Return how soon the sample's fault is found, and what its storms are taken for."""
    planted = load_company().planted
    fault, wave = planted.fault, planted.wave
    late, others, storms = [], 0, 0
    for seed in seeds:
        found = sample_alarms(seed)
        day, _ = found.pop(Cell(fault.touchpoint, fault.what), (90, None))
        late.append(day - fault.first_day + 1)
        storms += sum(cell.what == wave.what for cell in found)
        others += sum(cell.what != wave.what for cell in found)
    return Section(
        "The sample company",
        f"{len(seeds)} times its 20,000 events of 90 days. On day {fault.first_day} refunds begin "
        f"to wait, which is to be found within {_WITHIN_DAYS} days; from day {wave.first_day} on "
        f"storms delay customers for {wave.days} days: they are met by many, and an alarm about "
        "them is right, but no verdict on a change.",
        [
            Finding("days until the fault is found, on average", _mean(late)),
            Finding("the same, the worst", max(late), most=_WITHIN_DAYS),
            Finding("alarms about the storms, a company", storms / len(seeds)),
            Finding("alarms about anything else, a company", others / len(seeds)),
        ],
    )


def power(each: int) -> Power:
    """Return the share of faults found within 30 days, by customers a month and times as many."""
    found = {}
    for monthly in _MONTHLY:
        for times in _TIMES:
            days = [days_to_find(_FIRST_SEED + n, monthly, times) for n in range(each)]
            found[monthly, times] = _mean([one is not None for one in days])
    return found


def power_section(found: Power, each: int) -> Section:
    """Return the shares as a table, with the chart."""
    return Section(
        "What it sees",
        f"One cause of a made-up company becomes more frequent; {each} companies each.\n\n"
        "![Faults found within 30 days](images/detector-power.svg)",
        [
            Finding(
                f"found within 30 days: {monthly} customers a month, {times} times as many", share
            )
            for (monthly, times), share in found.items()
        ],
    )


def speed() -> Section:
    """Return the seconds of one run over 5,000 cells with 420 days of sightings."""
    rng, today = np.random.default_rng(_FIRST_SEED), date(2026, 7, 1)
    cells = [Cell(f"place-{n // 50}", f"cause-{n % 50}") for n in range(_CELLS)]
    sightings = [
        Sighting(cells[cell], f"c{customer}", today - timedelta(days=int(age)))
        for cell, customer, age in zip(
            rng.integers(0, _CELLS, 200_000),
            rng.integers(0, 50_000, 200_000),
            rng.integers(0, 420, 200_000),
            strict=True,
        )
    ]
    listened = {
        (f"place-{place}", today - timedelta(days=age)): 50
        for place in range(_CELLS // 50)
        for age in range(420)
    }
    began = time.perf_counter()
    verdicts = detect(observe(cells, sightings, listened, today=today), RULE)
    took = time.perf_counter() - began
    alarms = sum(one.kind in {Kind.NEW, Kind.RISEN} for one in verdicts)
    return Section(
        "How long it takes",
        f"{_CELLS:,} cells, {len(sightings):,} sightings in 420 days, read and judged.",
        [Finding("seconds", took, most=_MOST_SECONDS), Finding("alarms among them", alarms)],
    )


def chart(found: Power) -> str:
    """Return the shares as an SVG: a line for each number of customers a month."""
    left, top, wide, high = 60, 40, 420, 220
    lines = []
    for place, monthly in enumerate(_MONTHLY):
        points = [
            (left + wide * step / (len(_TIMES) - 1), top + high * (1 - found[monthly, times]))
            for step, times in enumerate(_TIMES)
        ]
        dash = ("", "8 4", "3 3", "10 3 2 3")[place]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        x, y = points[-1]
        lines.append(
            f'<polyline points="{path}" fill="none" stroke="#1d4ed8" stroke-width="2" '
            f'stroke-dasharray="{dash}"/>'
            f'<text x="{x + 6:.0f}" y="{y + 19 - 10 * place:.0f}">{monthly} a month</text>'
        )
    ticks = [
        f'<text x="{left + wide * step / (len(_TIMES) - 1):.0f}" y="{top + high + 18}" '
        f'text-anchor="middle">{times} times</text>'
        for step, times in enumerate(_TIMES)
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 320" font-family="sans-serif" '
        'font-size="11" role="img"><title>Faults found within 30 days, by how many customers met '
        'the cause before and how many times as many do now</title><rect width="620" height="320" '
        'fill="#fff"/><text x="10" y="18">Faults found within 30 days, by customers a month before '
        "and how many times as many after</text>"
        f'<line x1="{left}" y1="{top + high}" x2="{left + wide}" y2="{top + high}" stroke="#666"/>'
        f'<text x="{left - 8}" y="{top + 4}" text-anchor="end">100 %</text>'
        f'<text x="{left - 8}" y="{top + high + 4}" text-anchor="end">0</text>'
        f"{''.join(ticks)}{''.join(lines)}</svg>\n"
    )


_HEAD = """# How well the detector sees

Written by `python -m tests.evaluate.detector`: made-up companies at which nothing happens, or one
thing does, and the sample company, whose truth is planted. A figure without a bound is reported
only.
"""


def _mean(values: list[int] | list[bool]) -> float:
    return sum(values) / len(values)


def main(companies: int = _COMPANIES, each: int = _EACH) -> None:
    """Measure, write, and say what is not kept."""
    strength = power(each)
    sections = [
        calm(companies),
        planted_truth(range(7, 17)),
        power_section(strength, each),
        speed(),
    ]
    _CHART.write_text(chart(strength), "utf-8")
    write_document("accuracy-of-the-detector.md", _HEAD, sections)
    every = [one for section in sections for one in section.findings]
    for one in every:
        sys.stdout.write(f"{'' if one.kept else 'NOT KEPT '}{one.what}: {one.value:.3f}\n")
    if not all(one.kept for one in every):
        raise SystemExit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
