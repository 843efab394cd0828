"""One regression for all: generalised least squares with errors that last into the next week.

Each estimate and its standard error are statsmodels' GLS, for a given carry: the share of one
week's error that lasts into the next. The carry is not known, and one best guess of it is too low
in short series, so the results are averaged over all carries by their restricted likelihood
(Patterson and Thompson 1971; AR(1) errors as in R's nlme::gls). docs/adr/0014 has the trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student
from statsmodels.regression.linear_model import GLS, RegressionResults

from services.outer_loop.domain.impact.series import Floats

#: What share of a week's error may last into the next.
_CARRIES = np.linspace(0, 0.9, 19)
_LEVEL, _POWER = 0.975, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted regression: its terms, the carry from week to week, and the error's variance."""

    terms: Mapping[str, Coefficient]
    carry: float
    variance: float
    degrees: int


def fit(values: Floats, weeks: Floats, spread: Floats, terms: Mapping[str, Floats]) -> Fitted:
    """Fit `values` by `terms` (a column each, all of one length; weeks ascending).

    `spread` is the error's variance in each week up to a factor. Weeks may be missing.
    """
    columns = np.column_stack(list(terms.values()))
    sigmas = [_sigma(weeks, spread, float(carry)) for carry in _CARRIES]
    each = [GLS(values, columns, sigma=sigma).fit() for sigma in sigmas]
    shares = _shares([_restricted(one, by) for one, by in zip(each, sigmas, strict=True)])
    params = np.array([one.params for one in each])
    mean = shares @ params
    # The variance of a mixture: that within each carry, and that between them.
    errors = np.sqrt(shares @ (np.array([one.bse for one in each]) ** 2 + (params - mean) ** 2))
    degrees = int(each[0].df_resid)
    reach = errors * student.ppf(_LEVEL, degrees)
    return Fitted(
        terms={
            name: Coefficient(
                value=float(value), low=float(value - by), high=float(value + by), error=float(se)
            )
            for name, value, by, se in zip(terms, mean, reach, errors, strict=True)
        },
        carry=float(shares @ _CARRIES),
        variance=float(shares @ np.array([one.scale for one in each])),
        degrees=degrees,
    )


def error_of(
    name: str, *, like: Fitted, weeks: Floats, spread: Floats, terms: Mapping[str, Floats]
) -> float:
    """Return the standard error that a term would have over `weeks`, with errors as in `like`."""
    columns = np.column_stack(list(terms.values()))
    planned = GLS(np.zeros(len(weeks)), columns, sigma=_sigma(weeks, spread, like.carry)).fit()
    place = list(terms).index(name)
    return float(np.sqrt(like.variance * planned.normalized_cov_params[place, place]))


def detectable(error: float, degrees: int) -> float:
    """Return the smallest effect that is found 8 times in 10 (Bloom 1995), in the error's unit."""
    return error * float(student.ppf(_LEVEL, degrees) + student.ppf(_POWER, degrees))


def _shares(restricted: list[float]) -> Floats:
    """Return how much each carry counts: its restricted likelihood, as a share of all."""
    found = np.array(restricted)
    weights = np.exp(found.min() - found)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _restricted(found: RegressionResults, sigma: Floats) -> float:
    """Return the negative restricted log-likelihood of a fit, up to a constant."""
    # A series that its terms explain to the last digit has no logarithm.
    left = max(float(found.ssr), np.finfo(np.float64).tiny)
    _, information = np.linalg.slogdet(found.normalized_cov_params)
    _, size = np.linalg.slogdet(sigma)
    return float(size - information + found.df_resid * np.log(left)) / 2


def _sigma(weeks: Floats, spread: Floats, carry: float) -> Floats:
    apart = np.abs(np.subtract.outer(weeks, weeks))
    scale = np.sqrt(spread / spread.mean())
    return np.asarray(np.power(carry, apart) * np.outer(scale, scale), dtype=np.float64)
