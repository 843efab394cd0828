"""What a design will be able to find, in a sentence for those who decide on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.outer_loop.domain.designs import GroupWeek
from services.outer_loop.domain.impact.design import ImpactDesign

if TYPE_CHECKING:
    from services.outer_loop.domain.impact.power import Power


def power_in_words(design: ImpactDesign, found: Power, weeks: Sequence[GroupWeek]) -> str:
    """Say what will be seen 8 times in 10, and what it takes to see what is expected."""
    own = [one for one in weeks if one.group in design.touched]
    a_week = sum(one.listened for one in own) / max(1, len({one.week for one in own}))
    seen = (
        f"With {a_week:,.0f} answers a week and {design.weeks_after} weeks after the change, "
        f"a change of {found.smallest:.2g} {design.metric.unit} or more is seen 8 times in 10"
    )
    expected = f"{abs(design.expected):.2g}"
    if found.finds(design.expected):
        return f"{seen}; the expected {expected} would be."
    return f"{seen}. For the expected {expected} {_what_it_takes(found)}."


def _what_it_takes(found: Power) -> str:
    more = f"{found.listening_needed:.1f} times as many answers"
    if found.weeks_needed is None:
        return f"no time up to three years is enough: it takes {more}"
    return f"it takes {found.weeks_needed} weeks, or {more}"
