"""A small body of labelled texts, made up, from which a model can learn something."""

from __future__ import annotations

from itertools import product

_THINGS = ("the bag", "my seat", "the flight", "the meal", "your app", "this line")
_BAD = ("was awful", "is broken again", "made me angry", "is a disgrace")
_GOOD = ("was wonderful", "is lovely today", "made me smile", "is a delight")
_PLAIN = ("was on time", "is number 12", "leaves at noon", "is on the left")


def labelled() -> tuple[list[str], list[str]]:
    """Return texts and their labels, mixed."""
    texts, labels = [], []
    for thing, (bad, good, plain) in product(_THINGS, zip(_BAD, _GOOD, _PLAIN, strict=True)):
        texts += [f"{thing} {bad}", f"{thing} {good}", f"{thing} {plain}"]
        labels += ["negative", "positive", "neutral"]
    return texts, labels
