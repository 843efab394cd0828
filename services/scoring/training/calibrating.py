"""Turns the margins of support vector machines into log-odds that come true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Keeps the shift of a label that hardly occurs from running away.
_PENALTY = 1e-4
_FIRST_SLOPE = 2.0


def calibrate(margins: Numbers, target: Indices, prior: Numbers) -> tuple[float, Numbers]:
    """Return the slope and the labels' shifts under which `target` is most likely.

    Platt scaling (1999) for labels of which one holds. One slope for all, as in temperature
    scaling (Guo and others 2017): a slope for each label fits what is rare too closely.
    `margins` (a row a text, a column a label) must come from machines that did not learn from
    these texts.
    """
    rows = np.arange(len(target))

    def surprise(parameters: Numbers) -> float:
        scores = parameters[0] * margins + parameters[1:]
        likely = log_softmax(scores, axis=1)[rows, target]
        return float(_PENALTY * np.square(parameters[1:]).sum() - likely.mean())

    best = minimize(surprise, np.append(_FIRST_SLOPE, np.log(prior)), method="L-BFGS-B").x
    return float(best[0]), best[1:]
