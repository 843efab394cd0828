"""The detector on made-up companies: what is planted is found, what only varies is left alone."""

from __future__ import annotations

from deploy.sample.company import load_company
from services.outer_loop.domain.detection.rules import Kind
from services.outer_loop.domain.detection.sightings import Cell
from tests.evaluate.alarms import false_alarms, sample_alarms


def test_the_sample_s_fault_is_found_within_three_days_and_its_storm_is_not_called_new() -> None:
    planted = load_company().planted
    alarms = sample_alarms(1)
    day, verdict = alarms[Cell(planted.fault.touchpoint, planted.fault.what)]
    assert planted.fault.first_day <= day < planted.fault.first_day + 3
    assert verdict.kind is Kind.RISEN
    assert all(one.kind is not Kind.NEW for _, one in alarms.values())
    assert {cell.what for cell in alarms} <= {planted.fault.what, planted.wave.what}


def test_where_nothing_happens_there_is_at_most_one_alarm_a_quarter() -> None:
    companies = (1, 2, 4)
    assert sum(map(false_alarms, companies)) <= len(companies)
