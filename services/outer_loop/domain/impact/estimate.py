"""By how much the metric changed with the change, and how sure that is.

Where there are untouched groups this is difference-in-differences: the step in the difference
between touched and untouched groups. Where there are none it is an interrupted time series: the
step in the touched groups alone. The terms follow from the length of the past and never from
a test on it: choosing the model by a test spoils the interval that follows (Roth 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.outer_loop.domain.impact.regression import Coefficient, Fitted, fit
from services.outer_loop.domain.impact.series import Floats, Series

YEAR = 365.25 / 7
#: From so many weeks of the past on, a straight trend is told from what came with the change.
TREND_FROM = 12
#: A year shows its season once, two years show it again.
SEASON_FROM, SEASON_TWICE = 52, 104

CHANGE, TREND = "change", "trend"


class Method(StrEnum):
    """How an effect was estimated."""

    DIFFERENCE_IN_DIFFERENCES = "difference_in_differences"
    INTERRUPTED_TIME_SERIES = "interrupted_time_series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What besides the change moves the series: a straight trend, and waves of the year."""

    trend: bool
    waves: int

    def columns(self, weeks: Floats, *, since: float) -> Mapping[str, Floats]:
        """Return the columns of a regression in which the change comes at week `since`."""
        found: dict[str, Floats] = {
            "level": np.ones(len(weeks)),
            CHANGE: (weeks >= since).astype(np.float64),
        }
        if self.trend:
            found[TREND] = weeks / YEAR
        for wave in range(1, self.waves + 1):
            angle = 2 * np.pi * wave * weeks / YEAR
            found[f"sine {wave}"], found[f"cosine {wave}"] = np.sin(angle), np.cos(angle)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The effect in the metric's unit with its 95 % interval.

    `trend` is the step-free change a year that was under way; none where the past is short.
    `without` is what the touched groups would have shown after the change without it.
    """

    method: Method
    effect: Coefficient
    trend: Coefficient | None
    observed: float
    without: float
    carry: float
    degrees: int
    terms: Terms


def terms_for(series: Series) -> Terms:
    """Return the terms that the length of the past allows to tell from the change."""
    past = -float(series.weeks.min(initial=0))
    waves = 2 if past >= SEASON_TWICE else int(past >= SEASON_FROM)
    return Terms(trend=past >= TREND_FROM, waves=waves)


def step(series: Series, terms: Terms, *, since: float = 0) -> Fitted:
    """Fit the series with a step at week `since`."""
    columns = terms.columns(series.weeks, since=since)
    return fit(series.values, series.weeks, series.spread, columns)


def estimate(series: Series) -> Estimate:
    """Return the effect. There must be weeks before and after the change."""
    terms = terms_for(series)
    fitted = step(series, terms)
    effect = fitted.terms[CHANGE]
    after = series.after
    observed = float(np.average(after.touched, weights=1 / after.spread))
    return Estimate(
        method=(
            Method.DIFFERENCE_IN_DIFFERENCES if series.compared else Method.INTERRUPTED_TIME_SERIES
        ),
        effect=effect,
        trend=fitted.terms.get(TREND),
        observed=observed,
        without=observed - effect.value,
        carry=fitted.carry,
        degrees=fitted.degrees,
        terms=terms,
    )
