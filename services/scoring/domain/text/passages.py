"""The words and passages of a text that spoke for a label, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby
from typing import NamedTuple

from services.scoring.domain.text.opinion import Weight, heaviest
from services.scoring.domain.text.tokens import is_run

#: Characters of the longest passage that is shown of a run without spaces.
_LONGEST = 24
# Sums of floats that should be 0 are less than this.
_NOTHING = 1e-9


class Spoken(NamedTuple):
    """A unit and what each of its features added to the label's score."""

    unit: str
    features: tuple[tuple[str, float], ...]


def passages(spoken: Iterable[Spoken]) -> tuple[Weight, ...]:
    """Return the words, or passages of runs, that weighed most for the label, at most five."""
    return heaviest(weight for one in spoken for weight in _of_unit(one))


def _of_unit(spoken: Spoken) -> Iterator[Weight]:
    if is_run(spoken.unit) and " " not in spoken.unit:
        yield from _of_run(spoken)
        return
    weight = sum(weight for _, weight in spoken.features)
    if weight > 0 and any(map(str.isalnum, spoken.unit)):
        yield Weight(spoken.unit, round(weight, 3))


def _of_run(spoken: Spoken) -> Iterator[Weight]:
    """Share each piece's weight among its characters; passages are where the sums stay above 0."""
    sums = _sums(spoken)
    for speaks, places in groupby(range(len(sums)), key=lambda place: sums[place] > _NOTHING):
        passage = list(places)[:_LONGEST]
        if speaks and len(passage) > 1:
            words = spoken.unit[passage[0] : passage[-1] + 1]
            yield Weight(words, round(sum(sums[place] for place in passage), 3))


def _sums(spoken: Spoken) -> list[float]:
    framed = f" {spoken.unit} "
    #: What is added from a character on, or taken away.
    steps = [0.0] * (len(framed) + 1)
    starts: dict[str, int] = {}
    for piece, weight in spoken.features:
        start = framed.find(piece, starts.get(piece, -1) + 1)
        if start >= 0:  # the whole unit's own feature is no piece
            starts[piece] = start
            steps[start] += weight / len(piece)
            steps[start + len(piece)] -= weight / len(piece)
    return list(accumulate(steps))[1:-2]
