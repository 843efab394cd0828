from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.review import (
    DECISIONS,
    LEAST_PROBABLE,
    Contradiction,
    Decision,
    Wish,
    confirmed_sentiment,
    review_of,
)
from services.scoring.domain.text.opinion import Opinion
from shared.contracts.events import Category

sentiments = st.sampled_from(["negative", "neutral", "positive", None])
opinions = st.builds(Opinion, sentiments, st.floats(0, 1))


@pytest.mark.parametrize(
    ("category", "label", "found"),
    [
        (Category.PROMOTER, "negative", "negative_words_good_rating"),
        (Category.DETRACTOR, "positive", "positive_words_bad_rating"),
        (Category.PROMOTER, "positive", None),
        (Category.DETRACTOR, "neutral", None),
        (Category.PASSIVE, "negative", None),
        (Category.UNRATED, "negative", None),
    ],
)
def test_only_words_against_the_rating_are_reviewed(
    category: Category, label: str, found: str | None
) -> None:
    assert review_of(category, Opinion(label, 0.9)) == found


@given(st.sampled_from(Category), opinions)
def test_nobody_is_asked_to_look_at_a_guess(category: Category, opinion: Opinion) -> None:
    if review_of(category, opinion) is not None:
        assert opinion.probability >= LEAST_PROBABLE
        assert opinion.label in {"negative", "positive"}


@pytest.mark.parametrize(
    ("contradiction", "decision", "sentiment"),
    [
        ("negative_words_good_rating", "words", "negative"),
        ("negative_words_good_rating", "both", "negative"),
        ("negative_words_good_rating", "rating", "positive"),
        ("positive_words_bad_rating", "words", "positive"),
        ("positive_words_bad_rating", "both", "positive"),
        ("positive_words_bad_rating", "rating", "negative"),
    ],
)
def test_a_decision_says_what_the_words_mean(
    contradiction: Contradiction, decision: Decision, sentiment: str
) -> None:
    assert confirmed_sentiment(contradiction, decision) == sentiment


@given(st.integers(0, 1000), st.sampled_from(DECISIONS))
def test_each_decision_counts_one_more(version: int, decision: Decision) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    wish = Wish(
        feedback_id=UUID(int=1),
        version=version,
        decision=decision,
        note=None,
        actor="ann",
        actor_name="Ann",
    )
    decided = wish.decided("positive_words_bad_rating", now)
    assert (decided.version, decided.decided_at) == (version + 1, now)
