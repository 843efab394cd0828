"""What customers write, put together from the phrasebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from deploy.sample.company import Mood, Phrasebook

_STORY_SHARE = 0.7
_CLOSING_SHARE = 0.3
_MIXED_SHARE = 0.25

_AMOUNTS = (25, 40, 48, 60, 75, 90, 110, 135, 160, 220, 340)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What there is to write about. `story` is a planted story's id, `what` went wrong."""

    touchpoint: str
    place: str
    service: str
    what: str
    story: str | None = None


def words(rng: Random, book: Phrasebook, occasion: Occasion, mood: Mood) -> str:
    """Return what somebody in `mood` writes on `occasion`, in the language of `book`."""
    sentences = _sentences(rng, book, occasion, mood)
    if mood != "neutral" and rng.random() < _CLOSING_SHARE:
        sentences = [*sentences, rng.choice(book.closing[mood])]
    slots = {
        "place": book.places[occasion.place],
        "service": occasion.service,
        "days": rng.randint(4, 40),
        "hours": rng.randint(2, 9),
        "minutes": 5 * rng.randint(4, 18),
        "amount": rng.choice(_AMOUNTS),
    }
    return book.names.join.join(sentences).format_map(slots)


def _sentences(rng: Random, book: Phrasebook, occasion: Occasion, mood: Mood) -> list[str]:
    here = occasion.touchpoint
    match mood:
        case "negative":
            return [rng.choice(_grievances(rng, book, occasion))]
        case "positive":
            return [rng.choice((*book.positive[here], *book.positive["any"]))]
        case "neutral" if rng.random() < _MIXED_SHARE:
            return [rng.choice(book.neutral[here]), rng.choice(book.negative[occasion.what])]
        case "neutral":
            return [rng.choice(book.neutral[here])]


def _grievances(rng: Random, book: Phrasebook, occasion: Occasion) -> Sequence[str]:
    if occasion.story is not None and rng.random() < _STORY_SHARE:
        return book.stories[occasion.story]
    return book.negative[occasion.what]
