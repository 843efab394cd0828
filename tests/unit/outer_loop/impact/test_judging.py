"""The verdict says what the interval allows, the checks what else could have done it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from services.outer_loop.domain.impact.assess import Assessment, assess
from services.outer_loop.domain.impact.checks import Doubt
from services.outer_loop.domain.impact.design import InvalidDesignError
from services.outer_loop.domain.impact.power import power
from services.outer_loop.domain.impact.series import Heard
from services.outer_loop.domain.impact.stakes import Stakes
from services.outer_loop.domain.impact.value import value
from services.outer_loop.domain.impact.verdict import Outcome
from tests.unit.outer_loop.impact.test_design import design

GROUPS = ("north", "south")


def heard(
    effect: float, *, groups: Sequence[str] = GROUPS, listened: int = 400, noise: float = 1.0
) -> list[Heard]:
    """Return 52 weeks before and 26 after a change; 25 in 100 are unhappy without it."""
    rng = np.random.default_rng(3)
    return [
        Heard(
            group=group,
            week=week,
            listened=listened,
            amount=listened
            * (25 + rng.normal(0, noise) + (effect if week >= 0 and group == "north" else 0))
            / 100,
        )
        for group in groups
        for week in range(-52, 26)
    ]


def judged(effect: float, noise: float = 1.0) -> Assessment:
    """Assess a change with this true effect."""
    return assess(design(weeks_after=26), heard(effect, noise=noise))


def doubts(found: Assessment) -> dict[Doubt, bool]:
    """Return what was doubted, and whether it forbids a verdict."""
    return {one.doubt: one.forbids for one in found.checks}


def test_an_effect_as_large_as_expected_is_effective() -> None:
    found = judged(-5)
    assert found.judgement.outcome is Outcome.EFFECTIVE
    assert "fewer unhappy customers in 100 than in groups without the change" in (
        found.judgement.reason
    )
    assert found.estimate is not None
    assert found.estimate.effect.low < -5 < found.estimate.effect.high


def test_no_effect_where_the_expected_would_have_been_seen_is_ineffective() -> None:
    found = judged(0)
    assert found.judgement.outcome is Outcome.INEFFECTIVE
    assert "would have been seen and was not" in found.judgement.reason


def test_harm_is_ineffective_and_said() -> None:
    found = judged(5)
    assert found.judgement.outcome is Outcome.INEFFECTIVE
    assert found.judgement.reason.startswith("It became worse")


def test_noise_that_hides_both_is_inconclusive_and_says_what_would_settle_it() -> None:
    found = judged(-2, noise=12)
    assert found.judgement.outcome is Outcome.INCONCLUSIVE
    assert found.judgement.settle


def test_too_few_weeks_are_inconclusive_without_an_estimate() -> None:
    rows = [row for row in heard(-5) if row.week < 2]
    found = assess(design(weeks_after=26), rows)
    assert found.estimate is None
    assert found.judgement.outcome is Outcome.INCONCLUSIVE
    assert "only 2 weeks after" in found.judgement.reason


def test_groups_that_were_never_heard_are_inconclusive() -> None:
    assert assess(design(), []).judgement.outcome is Outcome.INCONCLUSIVE


def test_a_measure_that_never_varied_is_inconclusive() -> None:
    rows = [replace(row, amount=0.0) for row in heard(0)]
    assert doubts(assess(design(), rows)) == {Doubt.TOO_LITTLE: True}


def test_without_comparison_and_two_years_the_season_forbids_a_verdict() -> None:
    found = assess(design(untouched=frozenset(), weeks_after=26), heard(-5, groups=["north"]))
    assert found.judgement.outcome is Outcome.INCONCLUSIVE
    assert doubts(found)[Doubt.SEASON]


def test_a_design_after_the_change_says_so() -> None:
    late = design(weeks_after=26, frozen_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert doubts(assess(late, heard(-5)))[Doubt.LATE_DESIGN] is False


def test_a_jump_before_the_change_forbids_a_verdict() -> None:
    rows = [
        replace(row, amount=row.amount - 20) if row.group == "north" and row.week >= -17 else row
        for row in heard(0)
    ]
    found = assess(design(weeks_after=26), rows)
    assert doubts(found)[Doubt.EARLIER_STEP]
    assert "already jumped" in found.judgement.reason


def _fewer(row: Heard, share: float) -> Heard:
    return replace(row, listened=int(row.listened * share), amount=row.amount * share)


@pytest.mark.parametrize(("share", "forbids"), [(0.6, False), (0.4, True)])
def test_changed_listening_is_said_and_forbids_where_it_halved(share: float, forbids: bool) -> None:
    rows = [
        _fewer(row, share) if row.group == "north" and row.week >= 0 else row for row in heard(-5)
    ]
    assert doubts(assess(design(weeks_after=26), rows))[Doubt.VOLUME] is forbids


def test_a_changed_mix_of_groups_moves_nothing_and_is_said() -> None:
    made = design(touched=frozenset({"north", "east"}), weeks_after=26)
    rows = heard(0, groups=["north", "south", "east"])
    rows = [replace(row, amount=row.amount * 2) if row.group == "east" else row for row in rows]
    mixed = [_fewer(row, 0.5) if row.group == "east" and row.week >= 0 else row for row in rows]
    one, other = assess(made, rows), assess(made, mixed)
    assert one.estimate is not None
    assert other.estimate is not None
    assert other.estimate.effect.value == pytest.approx(one.estimate.effect.value, abs=0.5)
    assert doubts(other)[Doubt.MIX] is False


def test_a_new_program_forbids_a_verdict_only_without_comparison() -> None:
    day = [date(2026, 1, 5)]
    compared = assess(design(weeks_after=26), heard(-5), activated=day)
    alone = design(untouched=frozenset(), weeks_after=26)
    assert doubts(compared)[Doubt.PROGRAM] is False
    assert doubts(assess(alone, heard(-5), activated=day))[Doubt.PROGRAM]
    assert Doubt.PROGRAM not in doubts(assess(alone, heard(-5), activated=[date(2020, 1, 1)]))


def test_listening_to_more_finds_smaller_effects() -> None:
    sparse, dense = power(design(), binomial(40)), power(design(), binomial(4000))
    assert sparse is not None
    assert dense is not None
    assert dense.smallest < sparse.smallest / 3
    assert dense.finds(-5)
    assert dense.weeks_needed is not None
    assert dense.weeks_needed <= 13
    assert sparse.listening_needed > 1


def test_too_little_past_has_no_power_to_say() -> None:
    assert power(design(), [row for row in heard(0) if row.week >= -5]) is None


def binomial(listened: int) -> list[Heard]:
    """Return a past in which chance alone moves the share."""
    rng = np.random.default_rng(4)
    return [
        Heard(
            group=group,
            week=week,
            listened=listened,
            amount=float(rng.binomial(listened, 0.25)),
        )
        for group in GROUPS
        for week in range(-52, 0)
    ]


def test_the_value_is_customers_kept_times_their_worth_less_the_cost() -> None:
    made, found = design(weeks_after=26), judged(-5).estimate
    assert found is not None
    stakes = Stakes(customers=10_000, leaving=0.2, worth=300.0, cost=5000.0, currency="EUR")
    worth = value(made, found, stakes)
    assert worth.kept.value == pytest.approx(-found.effect.value * 20)
    assert worth.kept.low < worth.kept.value < worth.kept.high
    assert worth.net.value == pytest.approx(worth.kept.value * 300 - 5000)


def test_a_share_of_leaving_above_one_is_refused() -> None:
    with pytest.raises(InvalidDesignError) as refused:
        Stakes(customers=1, leaving=15, worth=1, cost=0, currency="EUR")
    assert refused.value.field == "leaving"
