"""A model that was trained, what it learnt from, and how well it judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.scoring.adapters.models import Target
from services.scoring.domain.text.linear import Model
from services.scoring.training.comparing import Comparison, Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """So many texts, from when to when where that is known."""

    texts: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """A label: its texts in either part, and how well it is found, with the model and without.

    None where no text has it that is judged by, or nothing else would have judged.
    """

    label: str
    learnt: int
    judged: int
    precision: float | None
    recall: float | None
    f1: float | None
    f1_without: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model with the content of its file, and how it compares with what counts without it.

    `without` and `comparison` are None where nothing else knows these labels. `blind` compares it
    with always saying the commonest label, which takes no knowledge. `left_out` are the labels
    that were not learnt, with their numbers of texts.
    """

    target: Target
    model: Model
    content: bytes
    learnt: Stretch
    judged: Stretch
    labels: Sequence[LabelRow]
    figures: Figures
    without: Figures | None
    comparison: Comparison | None
    blind: Comparison
    left_out: Mapping[str, int]

    @property
    def is_better(self) -> bool:
        """Tell whether it is better, beyond chance, than what counts and than knowing nothing."""
        others = [self.blind, *([self.comparison] if self.comparison else [])]
        return all(one.is_better for one in others)
