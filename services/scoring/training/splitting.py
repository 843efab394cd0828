"""What a model learns from, and what it is judged by: never the same texts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

#: The share that is learnt from.
EARLIER = 0.8
_HELD_OUT_OF = 5


class Labelled(NamedTuple):
    """A text, the label that it has, and when it was said where that is known."""

    text: str
    label: str
    moment: datetime | None = None


class Parts(NamedTuple):
    """What to learn from, and what to judge by."""

    learn: Sequence[Labelled]
    judge: Sequence[Labelled]


def in_time(labelled: Sequence[Labelled], *, judge_after: datetime | None = None) -> Parts:
    """Let the earlier four fifths be learnt, and the later fifth be judged by.

    Every text has its moment; those of one moment stay in the order in which they are given.
    With `judge_after` only texts that came after it are judged by, and all before them are learnt.
    """
    ordered = sorted(labelled, key=_moment)
    cut = int(len(ordered) * EARLIER)
    if judge_after is not None:
        cut = max(cut, bisect_right(ordered, judge_after, key=_moment))
    return Parts(ordered[:cut], ordered[cut:])


def by_digest(labelled: Sequence[Labelled]) -> Parts:
    """Keep one text in five from being learnt, by its SHA-256, each part in the order of these.

    Copies of a text fall on one side, and the same text falls there in every file.
    """
    ranked = sorted(
        (sha256(one.text.encode()).digest(), number) for number, one in enumerate(labelled)
    )
    learn = [labelled[number] for digest, number in ranked if digest[-1] % _HELD_OUT_OF]
    judge = [labelled[number] for digest, number in ranked if not digest[-1] % _HELD_OUT_OF]
    return Parts(learn, judge)


def _moment(one: Labelled) -> datetime:
    if one.moment is None:
        raise ValueError("a text without its moment cannot be put in the order of time")
    return one.moment
