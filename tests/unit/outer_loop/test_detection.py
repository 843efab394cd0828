"""The detector: what raises an alarm, what does not, and that its numbers are right."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from services.outer_loop.domain.detection.chance import tail
from services.outer_loop.domain.detection.detect import detect
from services.outer_loop.domain.detection.rules import Kind, Rule, Verdict
from services.outer_loop.domain.detection.sentences import customers_needed, sentence
from services.outer_loop.domain.detection.sightings import Cell, Sighting, observe

TODAY = date(2026, 6, 30)
RULE = Rule()
LATE = Cell("refunds", "refund_late")
CELLS = [LATE, Cell("refunds", "charge_wrong"), Cell("baggage", "baggage_late")]
FEW = Cell("baggage", "safety")


def met(cell: Cell, customer: int, days_ago: int, *, safety: bool = False) -> Sighting:
    return Sighting(cell, f"c{customer}", TODAY - timedelta(days=days_ago), safety)


def listening(days: int, a_day: int = 40) -> dict[tuple[str, date], int]:
    touchpoints = ("refunds", "baggage")
    return {(t, TODAY - timedelta(days=n)): a_day for t in touchpoints for n in range(days)}


def judged(
    sightings: Iterable[Sighting], *, days: int = 200, rule: Rule = RULE
) -> dict[Cell, Verdict]:
    seen = observe([*CELLS, FEW], sightings, listening(days), today=TODAY)
    return {one.cell: one for one in detect(seen, rule)}


def every(cell: Cell, step: int, first: int, last: int) -> list[Sighting]:
    return [met(cell, 1000 + n, n) for n in range(first, last, step)]


@given(st.integers(0, 40), st.integers(0, 80), st.floats(0.01, 3))
def test_without_dispersion_it_is_the_exact_conditional_binomial_test(
    n: int, y: int, share: float
) -> None:
    exact = stats.binomtest(n, n + y, share / (1 + share), "greater").pvalue if n + y else 1.0
    assert float(tail(n, y, share, 0.0, 6)) == pytest.approx(exact, rel=1e-6, abs=1e-12)


@given(st.integers(1, 40), st.integers(0, 80), st.floats(0.05, 2), st.floats(0, 2))
def test_dispersion_never_makes_a_rise_beyond_usual_less_likely(
    n: int, y: int, share: float, dispersion: float
) -> None:
    # Beyond one customer: dispersion makes it likelier that there is none at all.
    far = n + 1 + int(10 * (y + 1) * share)
    assert tail(far, y, share, dispersion, 4) >= tail(far, y, share, 0.0, 4) * (1 - 1e-9)


def test_a_fault_is_found_and_explained_with_its_numbers() -> None:
    known = every(LATE, 4, 0, 200) + [met(LATE, n, n % 3) for n in range(18)]
    verdict = judged(known)[LATE]
    assert verdict.kind is Kind.RISEN
    assert sentence(verdict, RULE) == (
        "19 customers in 3 days where 0.8 were usual (25.3x, interval 13.3-48.3); "
        "chance alone would do this in fewer than 1 of 1,000,000 cells."
    )


def test_what_stays_as_it_was_is_no_alarm_and_says_what_would_be_one() -> None:
    verdict = judged(every(LATE, 2, 0, 200))[LATE]
    assert verdict.kind is Kind.AS_USUAL
    needed = customers_needed(verdict, RULE)
    assert needed is not None
    assert needed >= RULE.times * verdict.usual
    assert f"{needed} would have raised an alarm" in sentence(verdict, RULE)


def test_as_many_as_are_said_to_be_needed_raise_an_alarm() -> None:
    past = every(LATE, 5, 35, 200)
    base = judged(past + [met(LATE, n, 20 + n) for n in range(6)])[LATE]
    needed = customers_needed(base, RULE)
    assert needed is not None
    enough = past + [met(LATE, n, 14 + n % 15) for n in range(needed)]
    assert judged(enough)[LATE].flagged
    assert not judged(enough[: -max(2, needed // 3)])[LATE].flagged


def test_four_customers_are_too_few_however_rare_it_was() -> None:
    verdict = judged([met(LATE, n, 0) for n in range(4)])[LATE]
    assert verdict.kind is Kind.TOO_FEW
    assert "4 customers in 30 days: the program asks for 5 customers" in sentence(verdict, RULE)


def test_what_nobody_met_before_is_new() -> None:
    verdict = judged([met(LATE, n, n % 5) for n in range(9)])[LATE]
    assert verdict.kind is Kind.NEW
    assert sentence(verdict, RULE).startswith("New: 9 customers in ")


def test_a_known_cause_at_another_touchpoint_is_not_called_new() -> None:
    elsewhere = [met(Cell("baggage", "refund_late"), 1, 90)]
    cells = [LATE, elsewhere[0].cell]
    known = elsewhere + [met(LATE, n, n % 5) for n in range(12)]
    seen = observe(cells, known, listening(200), today=TODAY)
    assert detect(seen, RULE)[0].kind is Kind.RISEN


def test_without_a_past_nothing_is_called_unusual() -> None:
    verdict = judged([met(LATE, n, n % 20) for n in range(30)], days=30)[LATE]
    assert verdict.kind is Kind.NO_PAST
    assert "nothing earlier to compare with" in sentence(verdict, RULE)


def test_a_season_that_came_last_year_too_is_no_alarm() -> None:
    wave = [met(LATE, n, n % 14) for n in range(40)]
    quiet = every(LATE, 7, 35, 340)
    assert judged(quiet + wave, days=420)[LATE].flagged
    year_ago = [met(LATE, 500 + n, 364 + 5 + n % 14) for n in range(38)]
    verdict = judged(quiet + wave + year_ago, days=420)[LATE]
    assert not verdict.flagged


def test_listening_more_is_no_alarm() -> None:
    rise = {
        key: n * (4 if key[1] > TODAY - timedelta(days=30) else 1)
        for key, n in listening(200).items()
    }
    known = every(LATE, 4, 35, 200) + [met(LATE, n, n % 30) for n in range(28)]
    assert judged(known)[LATE].flagged
    assert not detect(observe(CELLS, known, rise, today=TODAY), RULE)[0].flagged


sightings = st.lists(
    st.builds(met, st.sampled_from(CELLS), st.integers(0, 30), st.integers(0, 120)), max_size=60
)


@settings(max_examples=40, deadline=None)
@given(sightings, st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(known: list[Sighting], chance: random.Random) -> None:
    again = known + known[: len(known) // 2]
    chance.shuffle(again)
    assert judged(again) == judged(known)


@settings(max_examples=60, deadline=None)
@given(sightings, st.integers(0, 29), st.integers(1, 25))
def test_one_more_customer_never_silences_an_alarm(
    known: list[Sighting], days_ago: int, many: int
) -> None:
    rising = known + [met(LATE, 100 + n, n % 7) for n in range(many)]
    more = [*rising, met(LATE, 999, days_ago)]
    before, after = judged(rising)[LATE], judged(more)[LATE]
    assert after.chance <= before.chance + 1e-12
    assert after.flagged or not before.flagged


@settings(max_examples=40, deadline=None)
@given(sightings, st.integers(0, 29), st.sampled_from([1, 30, 45, 200]))
def test_one_case_of_safety_is_never_silenced(
    known: list[Sighting], days_ago: int, days: int
) -> None:
    verdict = judged([*known, met(FEW, 1, days_ago, safety=True)], days=days)[FEW]
    assert verdict.kind is Kind.SAFETY
    assert sentence(verdict, RULE).startswith("1 customer in 30 days with a case of safety")


def test_no_cells_and_no_sightings_are_no_error() -> None:
    assert detect(observe([], [], {}, today=TODAY), RULE) == []
    assert {one.kind for one in judged([]).values()} == {Kind.TOO_FEW}


def test_a_day_still_to_come_is_not_looked_at() -> None:
    known = every(LATE, 4, 0, 200)
    later = [met(LATE, n, -1) for n in range(50)]
    assert judged(known + later) == judged(known)
