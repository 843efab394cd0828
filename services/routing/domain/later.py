"""What customers say of us later, by themselves, held against what they said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.events import Category, FeedbackScored

#: What a customer says up to then after a resolution is taken as said of it, too.
LATER_WINDOW = timedelta(days=90)

Comparison = Literal["recovered", "unchanged", "worse"]

_RANKS: Mapping[Category, int] = {
    Category.DETRACTOR: 0,
    Category.PASSIVE: 1,
    Category.PROMOTER: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a customer stands, and by which rating if there was one. `unrated` is nowhere."""

    category: Category
    scale: str | None = None
    value: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether something told it."""
        return self.category in _RANKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """That a customer stood somewhere at a moment, at whichever touchpoint."""

    tenant: str
    customer_id: str
    at: datetime
    stand: Stand


def compared(before: Stand, after: Stand) -> Comparison:
    """Compare two that are known.

    Who rose to another category has recovered; who fell, or rated lower on the same scale, is
    worse. Who rates a little higher in the same category is unchanged: still a detractor. Custom
    ratings have ends of their own, so their values are not compared.
    """
    ranks = _RANKS[before.category], _RANKS[after.category]
    if ranks[1] > ranks[0]:
        return "recovered"
    if ranks[1] < ranks[0] or _is_lower(before, after):
        return "worse"
    return "unchanged"


def _is_lower(before: Stand, after: Stand) -> bool:
    if before.scale != after.scale or before.scale == "custom":
        return False
    return before.value is not None and after.value is not None and after.value < before.value


def said_in(events: Iterable[FeedbackScored]) -> list[Said]:
    """Return where the customers of `events` stand, those of whom something tells it."""
    said = [_said(event) for event in events]
    return [one for one in said if one.stand.is_known]


def _said(event: FeedbackScored) -> Said:
    feedback, score = event.data.feedback, event.data.score
    rating = feedback.rating
    return Said(
        tenant=event.tenant,
        customer_id=feedback.customer_id,
        at=feedback.occurred_at,
        stand=Stand(
            category=score.category,
            scale=rating.scale if rating else None,
            value=rating.value if rating else None,
        ),
    )
