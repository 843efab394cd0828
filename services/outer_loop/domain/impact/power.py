"""What a design can find, said before the change: so that nobody is surprised afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from services.outer_loop.domain.impact.design import FEWEST_BEFORE, MOST_WEEKS, ImpactDesign
from services.outer_loop.domain.impact.estimate import CHANGE, Terms, terms_for
from services.outer_loop.domain.impact.regression import Fitted, detectable, error_of, fit
from services.outer_loop.domain.impact.series import Heard, Series, series_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the design finds 8 times in 10, in the metric's unit, and what it takes to find more.

    `weeks_needed` is the shortest time after the change that finds the expected effect; none
    when no time up to three years does. `listening_needed` is by how much more customers would
    have to be listened to in each week instead; 1 where the design suffices.
    """

    smallest: float
    weeks_needed: int | None
    listening_needed: float

    def finds(self, effect: float) -> bool:
        """Tell whether an effect of this size is found 8 times in 10."""
        return abs(effect) >= self.smallest


def power(design: ImpactDesign, heard: Iterable[Heard]) -> Power | None:
    """Return what the design can find, from what was heard before the change.

    None when that is too little to say: fewer than eight weeks.
    """
    past = series_of(design, heard).before
    if len(past.weeks) < FEWEST_BEFORE:
        return None
    terms = terms_for(past)
    columns = terms.columns(past.weeks, since=0)
    noise = fit(
        past.values,
        past.weeks,
        past.spread,
        {name: column for name, column in columns.items() if name != CHANGE},
    )
    smallest = _smallest(past, terms, noise, design.weeks_after)
    return Power(
        smallest=smallest,
        weeks_needed=_weeks_needed(past, terms, noise, abs(design.expected)),
        # The error falls with the root of what is heard, as far as sampling makes it.
        listening_needed=max(1.0, (smallest / abs(design.expected)) ** 2),
    )


def _smallest(past: Series, terms: Terms, noise: Fitted, weeks_after: int) -> float:
    weeks = np.concatenate([past.weeks, np.arange(weeks_after, dtype=np.float64)])
    spread = np.concatenate([past.spread, np.full(weeks_after, past.spread.mean())])
    columns = terms.columns(weeks, since=0)
    error = error_of(CHANGE, like=noise, weeks=weeks, spread=spread, terms=columns)
    return detectable(error, len(weeks) - len(columns))


def _weeks_needed(past: Series, terms: Terms, noise: Fitted, effect: float) -> int | None:
    """Halve the range: more weeks after the change never make the smallest effect larger."""
    if _smallest(past, terms, noise, MOST_WEEKS) > effect:
        return None
    short, enough = 0, MOST_WEEKS
    while enough - short > 1:
        middle = (short + enough) // 2
        if _smallest(past, terms, noise, middle) <= effect:
            enough = middle
        else:
            short = middle
    return enough
