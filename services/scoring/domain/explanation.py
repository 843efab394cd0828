"""Why an event was scored as it was: recomputed from the event and its version of the program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scoring.domain.rating import Rating, ends
from shared.contracts.events import Category
from shared.program.conditions import VARIABLES, Value, compile_rules
from shared.program.document import DetectionRule, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the program cuts the rating's scale, in its own unit: `low` to `high`.

    Detractors reach up to `detractor_max`, promoters begin at `promoter_min`.
    """

    low: float
    high: float
    detractor_max: float
    promoter_min: float

    def in_words(self, category: Category) -> str:
        """Say which part of the scale the category has, empty without a rating."""
        match category:
            case Category.DETRACTOR:
                return f"{self.low:g} to {self.detractor_max:g}"
            case Category.PASSIVE:
                return f"between {self.detractor_max:g} and {self.promoter_min:g}"
            case Category.PROMOTER:
                return f"{self.promoter_min:g} to {self.high:g}"
            case Category.UNRATED:
                return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A rule that held, and what the event had for the variables that its condition reads.

    The first one decided; those after it would have held, too.
    """

    rule: DetectionRule
    values: Mapping[str, Value]
    decided: bool

    def value_words(self, name: str) -> str:
        """Say what the variable `name` had, shortly: a text is shown elsewhere, and whole."""
        value = self.values[name]
        if name in {"text", "text_lower"}:
            return f"the words, {len(str(value)):,} characters" if value else "no words"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float | int):
            return "not given" if math.isnan(value) else f"{value:g}"
        if isinstance(value, str):
            return value or "not given"
        return ", ".join(f"{key} = {one}" for key, one in value.items()) or "none"


def cut_of(rating: Rating, program: Program) -> Cut:
    """Return where the program cuts the rating's scale; a custom one by shares of its range."""
    scale = program.scale(rating.scale)
    low, high = ends(rating)
    if rating.scale == "custom":
        width = high - low
        return Cut(
            low=low,
            high=high,
            detractor_max=low + scale.detractor_max * width,
            promoter_min=low + scale.promoter_min * width,
        )
    return Cut(
        low=low, high=high, detractor_max=scale.detractor_max, promoter_min=scale.promoter_min
    )


def held_rules(rules: Sequence[DetectionRule], variables: Mapping[str, Value]) -> list[Held]:
    """Return every rule that holds for an event, in the program's order.

    `variables` has all that there are.
    """
    held: list[Held] = []
    for rule in rules:
        compiled = compile_rules([rule])
        if compiled.first(variables):
            values = {name: variables[name] for name in VARIABLES if name in compiled.reads}
            held.append(Held(rule=rule, values=values, decided=not held))
    return held
