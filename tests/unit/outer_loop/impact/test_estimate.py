"""The estimate is the library's, and moves with the data as an estimate must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import grunfeld, nile
from statsmodels.formula.api import ols

from services.outer_loop.domain.impact.design import ImpactDesign, Metric
from services.outer_loop.domain.impact.estimate import (
    CHANGE,
    Estimate,
    Method,
    Terms,
    estimate,
    step,
)
from services.outer_loop.domain.impact.series import Heard, Series, series_of
from tests.evaluate.changes import Misleads, Size, simulate
from tests.unit.outer_loop.impact.test_design import design

SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=5, deadline=None)


def change(seed: int, metric: Metric = Metric.MEAN_SCORE) -> tuple[ImpactDesign, Sequence[Heard]]:
    """Return a simulated change's design and what was heard."""
    rng = np.random.default_rng(seed)
    made = simulate(metric, Misleads.NOTHING, Size.SMALL, compared=True, rng=rng)
    return made.design, made.heard


def found(made: ImpactDesign, heard: Sequence[Heard]) -> Estimate:
    """Return the estimate of one change."""
    return estimate(series_of(made, heard))


@FEW
@given(SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    made, heard = change(seed)
    mixed = np.random.default_rng(seed).permutation(len(heard))
    assert found(made, heard) == found(made, [heard[place] for place in mixed])


@FEW
@given(SEEDS, st.floats(-5, 5))
def test_adding_to_every_score_leaves_the_effect(seed: int, by: float) -> None:
    made, heard = change(seed)
    shifted = [replace(row, amount=row.amount + by * row.listened) for row in heard]
    assert found(made, shifted).effect.value == pytest.approx(
        found(made, heard).effect.value, abs=1e-3
    )


@FEW
@given(SEEDS, st.floats(0.1, 20))
def test_another_scale_scales_the_effect_and_its_interval(seed: int, by: float) -> None:
    made, heard = change(seed)
    scaled = found(made, [replace(row, amount=row.amount * by) for row in heard]).effect
    one = found(made, heard).effect
    for name in ("value", "low", "high"):
        assert getattr(scaled, name) == pytest.approx(by * getattr(one, name), rel=1e-2, abs=1e-3)


@FEW
@given(SEEDS, st.floats(-3, 3))
def test_a_constant_added_after_the_change_is_added_to_the_effect(seed: int, by: float) -> None:
    made, heard = change(seed)
    moved = [
        replace(row, amount=row.amount + by * row.listened)
        if row.week >= 0 and row.group in made.touched
        else row
        for row in heard
    ]
    assert found(made, moved).effect.value == pytest.approx(
        found(made, heard).effect.value + by, abs=1e-3
    )


@FEW
@given(SEEDS, st.floats(-3, 3))
def test_what_happens_to_all_groups_is_no_effect(seed: int, by: float) -> None:
    made, heard = change(seed)
    moved = [
        replace(row, amount=row.amount + by * row.listened) if row.week >= 0 else row
        for row in heard
    ]
    assert found(made, moved).effect.value == pytest.approx(
        found(made, heard).effect.value, abs=1e-3
    )


def test_the_nile_dropped_by_as_much_as_the_library_says() -> None:
    # Cobb 1978: about 250 less each year from 1899 on; ships with statsmodels.
    data = nile.load_pandas().data
    years = data["year"].to_numpy() - 1899.0
    flow = data["volume"].to_numpy(dtype=np.float64)
    series = Series(
        weeks=years, values=flow, spread=np.ones(len(flow)), touched=flow, compared=False
    )
    fitted = step(series, Terms(trend=False, waves=0))
    reference = sm.tsa.SARIMAX(flow, exog=sm.add_constant((years >= 0) * 1.0), order=(1, 0, 0)).fit(
        disp=False
    )
    assert fitted.terms[CHANGE].value == pytest.approx(-247.78, rel=0.01)
    assert fitted.terms[CHANGE].value == pytest.approx(reference.params[1], rel=0.01)
    assert fitted.terms[CHANGE].error == pytest.approx(reference.bse[1], rel=0.15)


def test_differences_in_differences_equal_the_library_s_two_way_fixed_effects() -> None:
    # Grunfeld's investment data ship with statsmodels: ten firms, 1935 to 1954.
    data = grunfeld.load_pandas().data
    touched, since = {"General Motors", "US Steel"}, 1946
    firms = sorted(set(data["firm"]))
    rows = [
        Heard(group=firm, week=int(year) - since, listened=100, amount=100.0 * float(invest))
        for firm, year, invest in zip(data["firm"], data["year"], data["invest"], strict=True)
    ]
    made = design(
        metric=Metric.MEAN_SCORE,
        touched=frozenset(touched),
        untouched=frozenset(firms) - touched,
        weeks_before=11,
        weeks_after=9,
        expected=1.0,
    )
    series = series_of(made, rows)
    data["did"] = (data["firm"].isin(touched) & (data["year"] >= since)).astype(float)
    reference = ols("invest ~ did + C(firm) + C(year)", data).fit().params["did"]
    plain = sm.OLS(series.values, sm.add_constant((series.weeks >= 0) * 1.0)).fit()
    assert plain.params[1] == pytest.approx(reference, rel=1e-9)
    assert estimate(series).method is Method.DIFFERENCE_IN_DIFFERENCES
