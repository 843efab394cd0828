"""Which number a mood becomes on each scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from deploy.sample.company import ListeningPost, Mood
from shared.program.document import ScaleName

#: The values that customers choose; one that stands twice is chosen twice as often.
_CHOICES: Mapping[ScaleName, Mapping[Mood, Sequence[float]]] = {
    "nps": {
        "negative": (0, 0, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6, 6),
        "neutral": (7, 8, 8),
        "positive": (9, 9, 10, 10, 10),
    },
    "csat": {"negative": (1, 1, 2), "neutral": (3,), "positive": (4, 4, 5, 5, 5)},
    "ces": {
        "negative": (1, 1, 2, 2, 3, 3, 4),
        "neutral": (5,),
        "positive": (6, 6, 7, 7, 7),
    },
    "stars": {
        "negative": (1, 1, 1.5, 2, 2, 2.5),
        "neutral": (3, 3, 3.5),
        "positive": (4, 4.5, 5, 5, 5),
    },
    "thumbs": {"negative": (0,), "neutral": (1,), "positive": (1,)},
    "custom": {
        "negative": (0, 5, 10, 20, 30, 40, 45, 50, 55, 60),
        "neutral": (65, 70, 75, 80, 85),
        "positive": (90, 95, 95, 100, 100),
    },
}


def rating(rng: Random, post: ListeningPost, mood: Mood) -> dict[str, object] | None:
    """Return what a customer in `mood` answers at `post`, None where one only writes.

    Custom scales of the sample run from 0 to 100, on a slider in steps of 5.
    """
    if post.scale is None:
        return None
    value = float(rng.choice(_CHOICES[post.scale][mood]))
    if post.scale != "custom":
        return {"scale": post.scale, "value": value}
    return {
        "scale": "custom",
        "name": post.name,
        "value": value,
        "minimum": post.minimum,
        "maximum": post.maximum,
    }
