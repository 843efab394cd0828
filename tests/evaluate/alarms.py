"""How often the detector errs, and how much it sees: false alarms, planted faults, power."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from deploy.sample.company import load_company
from deploy.sample.generator import SampleEvent, generate
from services.outer_loop.domain.detection.detect import detect
from services.outer_loop.domain.detection.rules import Rule, Verdict
from services.outer_loop.domain.detection.sightings import Cell, Sighting, observe
from tests.evaluate.companies import company

RULE = Rule()
QUARTER = 91
#: Half of the companies know last year, half do not.
HISTORIES = (150, 400)
#: An alarm that goes on is one alarm.
_SAME_ALARM_DAYS = 30
_END = date(2026, 7, 1)


def false_alarms(seed: int) -> int:
    """Return the alarms in one quarter of a company at which nothing happens."""
    history = HISTORIES[seed % 2]
    made_up = company(seed, history + QUARTER)
    last: dict[Cell, int] = {}
    alarms = 0
    for today in range(history, history + QUARTER):
        for one in detect(made_up.seen_on(today), RULE):
            if one.flagged:
                alarms += today - last.get(one.cell, -_SAME_ALARM_DAYS) >= _SAME_ALARM_DAYS
                last[one.cell] = today
    return alarms


def days_to_find(seed: int, monthly: float, times: float) -> int | None:
    """Return after how many days a fault is found: 1 is its first day, None not within 30."""
    first = HISTORIES[0]
    ill = company(seed, first + 30).with_fault(monthly, times, first, seed)
    for days in (1, 2, 3, 5, 7, 10, 14, 18, 22, 26, 30):
        if detect(ill.seen_on(first + days - 1), RULE)[0].flagged:
            return days
    return None


def sample_alarms(
    seed: int, events: int = 20_000, days: int = 90
) -> dict[Cell, tuple[int, Verdict]]:
    """Return each cell of the sample company that was flagged, with its first day and verdict.

    Causes are those that the customers really met: how well they are read is measured elsewhere.
    Safety is left out here: one case of it is an alarm by itself.
    """
    sample = load_company()
    known = list(generate(sample, seed=seed, events=events, days=days, end=_END))
    start = _END - timedelta(days=days)
    whats = sorted({one.truth.what for one in known} - {"safety"})
    places = [touchpoint.id for touchpoint in sample.program.touchpoints]
    cells = [Cell(place, what) for place in places for what in whats]
    listened = Counter((_touchpoint(one), start + timedelta(days=one.day)) for one in known)
    sightings = [
        Sighting(
            Cell(_touchpoint(one), one.truth.what),
            one.event["data"]["customer_id"],
            start + timedelta(days=one.day),
        )
        for one in known
        if one.truth.mood == "negative" and one.truth.what != "safety"
    ]
    found: dict[Cell, tuple[int, Verdict]] = {}
    for day in range(days):
        seen = observe(cells, sightings, listened, today=start + timedelta(days=day))
        for verdict in detect(seen, RULE):
            if verdict.flagged:
                found.setdefault(verdict.cell, (day, verdict))
    return found


def _touchpoint(one: SampleEvent) -> str:
    return str(one.event["data"]["touchpoint"])
