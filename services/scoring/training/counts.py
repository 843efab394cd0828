"""Texts as the matrix that a model is fitted to, exactly as the judge will see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.scoring.domain.text.features import features_of

#: A feature of fewer texts than this teaches nothing about the next text.
FEWEST_TEXTS = 2
#: From here on there are texts enough to ask for one more, which halves the vocabulary.
MANY_TEXTS = 15_000


#: Decimal places that are kept: fewer bytes, and no difference between machines.
DIGITS = 4

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Texts as a matrix: a row each, of length 1, and a column for each of the features."""

    matrix: sparse.csr_matrix
    vocabulary: tuple[str, ...]
    rarity: Numbers


def count(texts: Sequence[str]) -> Counted:
    """Return `texts` as a matrix over the features that enough of them have."""
    features = [list(features_of(text)) for text in texts]
    vocabulary = _vocabulary(features)
    rows = {feature: row for row, feature in enumerate(vocabulary)}
    known = [[rows[one] for one in each if one in rows] for each in features]
    ends = np.cumsum([0, *map(len, known)])
    columns = np.fromiter((one for each in known for one in each), np.int32, int(ends[-1]))
    shape = (len(texts), len(vocabulary))
    counts = sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
    rarity = _rarity(counts)
    lengths = np.sqrt(counts @ rarity**2)
    scale = sparse.diags(1 / np.where(lengths > 0, lengths, 1))
    matrix = sparse.csr_matrix(scale @ counts @ sparse.diags(rarity))
    matrix.sum_duplicates()
    return Counted(matrix=matrix, vocabulary=vocabulary, rarity=rarity)


def table_of(counted: Counted, weights: Numbers) -> npt.NDArray[np.float32]:
    """Return a model's table from `weights` (a row a label): see `Model.weights`."""
    columns = [*(weights * counted.rarity), counted.rarity**2]
    return np.round(np.stack(columns, axis=1), DIGITS).astype(np.float32)


def rounded(numbers: Numbers) -> tuple[float, ...]:
    """Return `numbers` as a model keeps them."""
    return tuple(round(float(number), DIGITS) for number in numbers)


def _vocabulary(features: Sequence[Sequence[str]]) -> tuple[str, ...]:
    texts_with = Counter(one for each in features for one in set(each))
    fewest = FEWEST_TEXTS + (len(features) >= MANY_TEXTS)
    return tuple(sorted(one for one, texts in texts_with.items() if texts >= fewest))


def _rarity(counts: sparse.csr_matrix) -> Numbers:
    """Return the smoothed inverse document frequency of each column."""
    texts_with = np.bincount(_distinct(counts).indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1)


def _distinct(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    once = counts.copy()
    once.sum_duplicates()
    return once
