"""Small models whose answers can be worked out by hand."""

from __future__ import annotations

import numpy as np

from services.scoring.domain.text.linear import LinearJudge, Model, Origin, judges_of

#: Each word speaks by 2 for its label; "not good" speaks for negative. Every rarity is 1.
WORDS = {
    "=bad": (2.0, 0.0, 1.0),
    "=good": (0.0, 2.0, 1.0),
    "=แย่มาก": (0.0, 0.0, 1.0),
    "not good": (4.0, 0.0, 1.0),
    "แย่": (3.0, 0.0, 1.0),
}


def hand_made(
    *,
    languages: tuple[str, ...] = (),
    threshold: float = 0.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    several: bool = False,
) -> Model:
    """Return a model of two labels over `WORDS`."""
    return Model(
        origin=Origin(name="hand-made", languages=languages, data="none", licence="CC0-1.0"),
        labels=("negative", "positive"),
        vocabulary=tuple(WORDS),
        weights=np.array(list(WORDS.values()), np.float32),
        bias=(0.0, 0.0),
        prior=(0.5, 0.5),
        tilt=tilt,
        threshold=threshold,
        several=several,
    )


def judge_of(model: Model) -> LinearJudge:
    """Return a judge that goes by `model` alone."""
    (judge,) = judges_of([model])
    return judge
