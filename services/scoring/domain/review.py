"""When words and rating contradict each other, and what a person can decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from services.scoring.domain.text.opinion import Opinion
from shared.contracts.events import Category, ScoredFeedback

Contradiction = Literal["negative_words_good_rating", "positive_words_bad_rating"]
#: What is right: the words, the rating, or both, where a customer means the one and the other.
Decision = Literal["words", "rating", "both"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

#: How probable a sentiment must be before a person is asked to look.
LEAST_PROBABLE = 0.8

_CONTRADICTIONS: Mapping[tuple[Category, str | None], Contradiction] = {
    (Category.PROMOTER, "negative"): "negative_words_good_rating",
    (Category.DETRACTOR, "positive"): "positive_words_bad_rating",
}
#: The sentiment that the words have, and the one that they would have to have.
_SENTIMENTS: Mapping[Contradiction, tuple[str, str]] = {
    "negative_words_good_rating": ("negative", "positive"),
    "positive_words_bad_rating": ("positive", "negative"),
}


def review_of(
    category: Category, sentiment: Opinion, *, least: float = LEAST_PROBABLE
) -> Contradiction | None:
    """Return how the words contradict the rating, None where they don't or nobody can be sure.

    Passives contradict nobody: they are neither glad nor unhappy.
    """
    if sentiment.probability < least:
        return None
    return _CONTRADICTIONS.get((category, sentiment.label))


def confirmed_sentiment(contradiction: Contradiction, decision: Decision) -> str:
    """Return the sentiment that the words have after a person decided.

    Where the rating alone is right, the words were misread: they say what the rating says.
    """
    as_read, as_rated = _SENTIMENTS[contradiction]
    return as_rated if decision == "rating" else as_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A person's decision. Decisions on one feedback count from version 1; the last one holds."""

    version: int
    decision: Decision
    sentiment: str
    note: str | None
    actor: str
    actor_name: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewable:
    """Feedback whose words and rating contradict each other, and the decision that holds."""

    contradiction: Contradiction
    event: ScoredFeedback
    decided: Decided | None = None

    @property
    def version(self) -> int:
        """Return how often somebody has decided, which is what a decision must name."""
        return self.decided.version if self.decided else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody decides, having seen `version`; `key` is the request's own, empty without."""

    feedback_id: UUID
    version: int
    decision: Decision
    note: str | None
    actor: str
    actor_name: str
    key: str = ""

    def decided(self, contradiction: Contradiction, now: datetime) -> Decided:
        """Return the decision that the wish leads to."""
        return Decided(
            version=self.version + 1,
            decision=self.decision,
            sentiment=confirmed_sentiment(contradiction, self.decision),
            note=self.note,
            actor=self.actor,
            actor_name=self.actor_name,
            decided_at=now,
        )
