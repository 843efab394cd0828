"""Linear models of text: what one is, and the judge that goes by it.

The score of a label is its bias and the sum of the weights of the text's features, divided by
the features' length (the square root of the sum of their squared inverse document frequencies,
Spärck Jones 1972), which makes long and short texts alike. The scores are calibrated log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise
from operator import add

import numpy as np
import numpy.typing as npt

from services.scoring.domain.text.calibration import sigmoids, softmax
from services.scoring.domain.text.features import pieces_of
from services.scoring.domain.text.opinion import Opinion, Weight
from services.scoring.domain.text.passages import Spoken, passages
from services.scoring.domain.text.tokens import MOST_CHARACTERS, units_of

Table = npt.NDArray[np.float32]

#: Units that a judge remembers, and how many characters they may have in all.
_REMEMBERED = 30_000
_REMEMBERED_CHARACTERS = 1_000_000
#: Units of a text that are looked at for an explanation, and characters of each: more than what
#: is read has, except where hardly anything is a word.
_EXPLAINED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a model comes from: a name, its languages (BCP 47), the data and their licence.

    A model with no languages judges texts of any.
    """

    name: str
    languages: tuple[str, ...] = ()
    data: str = ""
    licence: str = ""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model.

    `vocabulary` are the features, in the order of the rows of `weights`: a column for each of
    `labels`, and a last one with the feature's squared inverse document frequency. `bias`,
    `prior` (the label's share in training) and `tilt` have one number a label. The label chosen
    is the one whose score plus tilt is highest: rare labels would never be chosen otherwise.
    A choice that is less probable than `threshold` is none. With `several`, a text can have
    more than one label: those whose score plus tilt is above 0.
    """

    origin: Origin
    labels: tuple[str, ...]
    vocabulary: tuple[str, ...]
    weights: Table
    bias: tuple[float, ...]
    prior: tuple[float, ...]
    tilt: tuple[float, ...]
    threshold: float
    several: bool = False
    #: Names the content: 16 hexadecimal digits of its SHA-256; empty before it was saved.
    version: str = ""

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of `weights` that belongs to a feature."""
        return {feature: row for row, feature in enumerate(self.vocabulary)}


def judges_of(models: Sequence[Model]) -> tuple[LinearJudge, ...]:
    """Return a judge for each of `models` that look at a text together, which takes half the time.

    They remember what they made of the units they met, so they must not be shared by threads.
    """
    sums = _Sums(models)
    ends = accumulate((len(model.labels) + 1 for model in models), initial=0)
    return tuple(
        LinearJudge(model, sums, slice(start, end))
        for model, (start, end) in zip(models, pairwise(ends), strict=True)
    )


class LinearJudge:
    """Judges texts by a model; made by `judges_of`."""

    def __init__(self, model: Model, sums: _Sums, columns: slice) -> None:
        self.model = model
        self._sums = sums
        self._columns = columns
        self._probable = sigmoids if model.several else softmax
        self._speaking: dict[int, Sequence[float]] = {}

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return the most fitting label; none when another language is meant or it is unsure."""
        languages = self.model.origin.languages
        if language is not None and languages and language not in languages:
            return Opinion(None, 0.0)
        scores = self.scores(text)
        best = self._choice(scores)
        probability = self._probable(scores)[best]
        words = self._words(text, best) if explain else ()
        if probability < self.model.threshold:
            return Opinion(None, probability, words)
        return Opinion(self.model.labels[best], probability, words)

    def probabilities(self, text: str) -> tuple[float, ...]:
        """Return the probability of each of the model's labels, in their order."""
        return tuple(self._probable(self.scores(text)))

    def choice(self, text: str) -> str:
        """Return the most fitting label, however unsure."""
        return self.model.labels[self._choice(self.scores(text))]

    def labels(self, text: str) -> tuple[str, ...]:
        """Return every label that fits, of a model that gives several."""
        triples = zip(self.model.labels, self.scores(text), self.model.tilt, strict=True)
        return tuple(label for label, score, tilt in triples if score + tilt > 0)

    def _choice(self, scores: Sequence[float]) -> int:
        tilted = list(map(add, scores, self.model.tilt))
        return tilted.index(max(tilted))

    def scores(self, text: str) -> list[float]:
        """Return the log-odds of each of the labels, in their order."""
        *sums, square = self._sums.of(text)[self._columns]
        length = math.sqrt(square) or 1.0
        return [total / length + bias for total, bias in zip(sums, self.model.bias, strict=True)]

    def _words(self, text: str, label: int) -> tuple[Weight, ...]:
        """Return what spoke most for `label`, measured against the mean of the labels."""
        length = math.sqrt(self._sums.of(text)[self._columns][-1]) or 1.0
        units = [unit[:_EXPLAINED] for unit in units_of(text)[:_EXPLAINED]]
        features = {unit: pieces_of(unit) for unit in units}
        features |= {pair: iter((pair,)) for pair in map(" ".join, pairwise(units))}
        speaks = self._speaks_for(label)
        return passages(
            Spoken(words, tuple(self._weighed(pieces, speaks, length)))
            for words, pieces in features.items()
        )

    def _weighed(
        self, features: Iterable[str], speaks: Sequence[float], length: float
    ) -> Iterator[tuple[str, float]]:
        for feature in features:
            row = self.model.rows.get(feature)
            if row is not None:
                yield feature, speaks[row] / length

    def _speaks_for(self, label: int) -> Sequence[float]:
        """Return what each feature adds for `label` beyond what it adds for any label."""
        if label not in self._speaking:
            weights = self.model.weights[:, :-1]
            others = 0.0 if self.model.several else weights.mean(axis=1)
            self._speaking[label] = (weights[:, label] - others).tolist()
        return self._speaking[label]


class _Sums:
    """Sums the weights of texts, for several models at once, whose columns stand side by side.

    The sums of a unit are kept in a row of their own when it is first met.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        features = dict.fromkeys(chain.from_iterable(model.vocabulary for model in models))
        self._rows = dict(zip(features, range(len(features)), strict=True))
        # A pair has its space inside, a piece at an end.
        self._pairs = {
            tuple(feature.split(" ", 1)): row
            for feature, row in self._rows.items()
            if " " in feature[1:-1]
        }
        self._table = _side_by_side(models, self._rows)
        self._memory = _Memory(self._remember)
        self._last: tuple[str, list[float]] | None = None

    def of(self, text: str) -> list[float]:
        """Return the sums of all columns over the features of `text`."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._of(units_of(text))
        return self._last[1]

    def _of(self, units: Sequence[str]) -> list[float]:
        self._memory.forget_when_full()
        rows = list(map(self._memory.__getitem__, dict.fromkeys(units)))
        pairs = dict.fromkeys(map(self._pairs.get, pairwise(units)))
        rows += [row for row in pairs if row is not None]
        sums: list[float] = self._sum(rows).tolist()
        return sums

    def _remember(self, unit: str, place: int) -> int:
        row = len(self._rows) + place
        known = map(self._rows.get, pieces_of(unit))
        self._table[row] = self._sum([one for one in known if one is not None])
        return row

    def _sum(self, rows: list[int]) -> Table:
        sums: Table = np.add.reduce(self._table.take(rows, axis=0), axis=0)
        return sums


def _side_by_side(models: Sequence[Model], rows: Mapping[str, int]) -> Table:
    """Return the weights of all models, a row a feature, with room for the units remembered."""
    width = sum(len(model.labels) + 1 for model in models)
    table = np.zeros((len(rows) + _REMEMBERED + MOST_CHARACTERS, width), np.float32)
    start = 0
    for model in models:
        end = start + len(model.labels) + 1
        table[list(map(rows.__getitem__, model.vocabulary)), start:end] = model.weights
        start = end
    return table


class _Memory(dict[str, int]):
    """The row of each unit that was met; `make` is asked for one, with the unit's number."""

    def __init__(self, make: Callable[[str, int], int]) -> None:
        super().__init__()
        self._make = make
        self._characters = 0

    def __missing__(self, unit: str) -> int:
        row = self[unit] = self._make(unit, len(self))
        self._characters += len(unit)
        return row

    def forget_when_full(self) -> None:
        """Forget everything when there may be no room for the units of one more text."""
        if len(self) >= _REMEMBERED or self._characters >= _REMEMBERED_CHARACTERS:
            self.clear()
            self._characters = 0
