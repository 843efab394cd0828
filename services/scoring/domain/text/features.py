"""What a linear model looks at in a text: words, pairs of words, and pieces within words.

All but the pairs depend on one unit alone, so a model can remember what it made of a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from services.scoring.domain.text.tokens import is_run, units_of

#: Lengths of the pieces, in characters.
PIECES = range(2, 5)


def pieces_of(unit: str) -> Iterator[str]:
    """Yield the features of one unit: itself, and its pieces when it is a word or a run.

    Pieces know where a word begins and ends by the space that is put around it.
    """
    yield f"={unit}"
    if unit[0].isalpha() or is_run(unit):
        framed = f" {unit} "
        for length in PIECES:
            for start in range(len(framed) - length + 1):
                yield framed[start : start + length]


def pairs_of(units: Iterable[str]) -> Iterator[str]:
    """Yield the different pairs of neighbours among `units`, in order."""
    return map(" ".join, dict.fromkeys(pairwise(units)))


def features_of(text: str) -> Iterator[str]:
    """Yield the features of `text`: of each different unit, then the pairs.

    A piece that several units have comes as often.
    """
    units = units_of(text)
    for unit in dict.fromkeys(units):
        yield from pieces_of(unit)
    yield from pairs_of(units)
