"""Scores in plain words, for pages and the command line alike."""

from __future__ import annotations

from collections.abc import Mapping

from services.scoring.domain.rating import in_words
from services.scoring.domain.review import Contradiction, Decision
from shared.contracts.events import Category, ScoredFeedback

#: From how probable on we say so; below the last one it is a guess.
_CERTAINTIES = ((0.95, "almost certain"), (0.8, "fairly sure"), (0.6, "rather likely"))
_HIGHEST_TOLD = 0.99

CONTRADICTIONS: Mapping[Contradiction, str] = {
    "negative_words_good_rating": "Unhappy words, good rating",
    "positive_words_bad_rating": "Happy words, bad rating",
}
DECISIONS: Mapping[Decision, str] = {
    "words": "The words are right",
    "rating": "The rating is right",
    "both": "Both are right",
}
_CATEGORIES: Mapping[Category, str] = {
    Category.PROMOTER: "a promoter",
    Category.PASSIVE: "a passive",
    Category.DETRACTOR: "a detractor",
    Category.UNRATED: "without a rating",
}
_LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "es": "Spanish",
    "hmn": "Hmong",
    "kk": "Kazakh",
    "lo": "Lao",
    "ru": "Russian",
    "th": "Thai",
    "zh": "Chinese",
}


def language_words(tag: str) -> str:
    """Say a language, by its tag (BCP 47) where we have no name for it."""
    return _LANGUAGES.get(tag, tag)


def certainty(probability: float) -> str:
    """Say how sure a judge is, with the number: "fairly sure, 0.86". Nobody is ever quite sure."""
    words = (words for least, words in _CERTAINTIES if probability >= least)
    number = f"{probability:.2f}" if probability < _HIGHEST_TOLD else f"above {_HIGHEST_TOLD}"
    return f"{next(words, 'a guess')}, {number}"


def rating_words(event: ScoredFeedback) -> str:
    """Say the rating as people do, empty without one."""
    return in_words(event.feedback.rating) if event.feedback.rating else ""


def category_words(category: Category) -> str:
    """Say where a customer stands, as the end of "the rating of"."""
    return _CATEGORIES[category]
