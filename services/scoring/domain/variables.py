"""The variables that detection rules read, from an event. docs/guides/program.md lists them.

What the publisher thinks of the event (its `category`, its `language`) is not among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from services.scoring.domain.analysis import Analysis, probability_of
from services.scoring.domain.history import NOTHING_EARLIER, Earlier
from services.scoring.domain.rating import share
from shared.contracts.events import Category, Feedback
from shared.program.conditions import VARIABLES, Value


class Judged(NamedTuple):
    """An event and what is known of it before the rules are asked."""

    feedback: Feedback
    category: Category
    analysis: Analysis
    earlier: Earlier = NOTHING_EARLIER


_Reader = Callable[[Judged], Value | None]


def _of_feedback(name: str) -> _Reader:
    return lambda judged: getattr(judged.feedback, name)


_YES_OR_NO: Mapping[bool | None, str] = {True: "yes", False: "no"}
_READERS: Mapping[str, _Reader] = {
    "category": lambda judged: judged.category.value,
    "scale": lambda judged: judged.feedback.rating and judged.feedback.rating.scale,
    "value": lambda judged: judged.feedback.rating and judged.feedback.rating.value,
    "share": lambda judged: judged.feedback.rating and share(judged.feedback.rating),
    "has_rating": lambda judged: judged.feedback.rating is not None,
    "text_lower": lambda judged: (judged.feedback.text or "").lower(),
    "has_text": lambda judged: bool((judged.feedback.text or "").strip()),
    "language": lambda judged: judged.analysis.language,
    "sentiment": lambda judged: judged.analysis.sentiment.label,
    "sentiment_probability": lambda judged: probability_of(judged.analysis.sentiment),
    "theme": lambda judged: judged.analysis.theme.label,
    "theme_probability": lambda judged: probability_of(judged.analysis.theme),
    "cause": lambda judged: judged.analysis.cause.label,
    "solved_at_first_contact": lambda judged: _YES_OR_NO.get(
        judged.feedback.solved_at_first_contact
    ),
    "earlier_feedback_30d": lambda judged: float(judged.earlier.feedback_30d),
    "earlier_detractors_90d": lambda judged: float(judged.earlier.detractors_90d),
} | {
    name: _of_feedback(name)
    for name in (
        "text",
        "listening_post",
        "touchpoint",
        "journey",
        "segment",
        "place",
        "product",
        "account_id",
        "contact_requested",
        "time_to_resolve_hours",
        "customer_value",
        "attributes",
    )
}


def variables(names: Iterable[str], judged: Judged) -> dict[str, Value]:
    """Return the variables `names` of an event; what it does not say has its default."""
    found: dict[str, Value] = {}
    for name in names:
        value = _READERS[name](judged)
        found[name] = VARIABLES[name] if value is None else value
    return found
