"""From a rating to a category, and to how bad it is where no rule of the program says so."""

from __future__ import annotations

from shared.contracts.events import (
    Category,
    CesRating,
    CsatRating,
    CustomRating,
    NpsRating,
    Severity,
    StarsRating,
    ThumbsRating,
)
from shared.program.document import Scale, ScaleName

Rating = NpsRating | CsatRating | CesRating | StarsRating | ThumbsRating | CustomRating

#: The lowest and the highest value of each scale that has ends of its own.
ENDS: dict[ScaleName, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "stars": (1, 5),
    "thumbs": (0, 1),
}


def ends(rating: Rating) -> tuple[float, float]:
    """Return the lowest and the highest value that the rating could have had."""
    if isinstance(rating, CustomRating):
        return rating.minimum, rating.maximum
    return ENDS[rating.scale]


def share(rating: Rating) -> float:
    """Return where the rating stands in its range, from 0 (worst) to 1 (best)."""
    low, high = ends(rating)
    return (rating.value - low) / (high - low)


def categorize(rating: Rating, scale: Scale) -> Category:
    """Return the category that the program's cuts give the rating."""
    position = _position(rating)
    if position <= scale.detractor_max:
        return Category.DETRACTOR
    return Category.PROMOTER if position >= scale.promoter_min else Category.PASSIVE


def default_severity(rating: Rating, scale: Scale) -> Severity:
    """Return how bad a detractor's rating is by itself: never critical, which takes a rule.

    The lowest third of the detractors' part of the scale is high, the middle one medium, the
    upper one low; medium where that part is a single value, such as a thumb down, which can't
    say how bad it is.
    """
    low = 0.0 if rating.scale == "custom" else ENDS[rating.scale][0]
    width = scale.detractor_max - low
    depth = scale.detractor_max - _position(rating)
    if width <= 0:
        return Severity.MEDIUM
    if 3 * depth >= 2 * width:
        return Severity.HIGH
    return Severity.MEDIUM if 3 * depth >= width else Severity.LOW


def in_words(rating: Rating) -> str:
    """Return the rating as people say it, such as "3 of 10 (nps)"."""
    low, high = ends(rating)
    if isinstance(rating, CustomRating):
        return f"{rating.value:.10g} between {low:.10g} and {high:.10g}"
    if rating.scale == "thumbs":
        return "thumb up" if rating.value else "thumb down"
    return f"{rating.value:g} of {high:g} ({rating.scale})"


def _position(rating: Rating) -> float:
    """Return the rating in the unit in which its scale is cut."""
    return share(rating) if rating.scale == "custom" else rating.value
