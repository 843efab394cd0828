"""What a batch adds to the counts of causes, and what it takes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.outer_loop.domain.issue import FeedbackFact

#: An owner stands by a confirmed cause; scoring suggests one, as probable as its weight says.
CauseKind = Literal["confirmed", "suggested"]
#: Weights are whole millionths: their sums are the same in every order, to the last digit.
CERTAIN = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseMet:
    """A customer met a cause (`things` 1), or did not after all (-1): a cause was corrected."""

    tenant: str
    customer_id: str
    kind: CauseKind
    touchpoint: str
    department: str
    what: str | None
    why: str | None
    occurred_at: datetime
    what_millionths: int = CERTAIN
    why_millionths: int = CERTAIN
    things: int = 1


def suggested_by(facts: Sequence[FeedbackFact]) -> Iterator[CauseMet]:
    """Yield what scoring read in the texts, where it read a theme or a cause."""
    for fact in facts:
        if fact.theme is not None or fact.cause is not None:
            yield CauseMet(
                tenant=fact.tenant,
                customer_id=fact.customer_id,
                kind="suggested",
                touchpoint=fact.touchpoint,
                department=fact.department,
                what=fact.theme,
                why=fact.cause,
                occurred_at=fact.occurred_at,
                what_millionths=fact.theme_millionths or 0,
                why_millionths=fact.cause_millionths or 0,
            )


def millionths(probability: float) -> int:
    """Return a probability from 0 to 1 in whole millionths."""
    return round(probability * CERTAIN)
