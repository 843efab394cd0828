"""What is counted over the events: sums that can be added in any order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import NamedTuple

from services.routing.domain.assignment import Need

#: How many changed events of each kind and severity are kept to be shown.
EXAMPLES = 5


class Example(NamedTuple):
    """An event that one program flags; its words are masked, and cut where they are many.

    Those with words come first; then goes the id, which is a digest: a sample that nobody chose.
    """

    wordless: bool
    feedback_id: str
    occurred_at: datetime
    touchpoint: str
    rule: str
    language: str | None
    text: str


class Arrival(NamedTuple):
    """Where a follow-up goes, when, how urgent it is, and what decides who of the team gets it."""

    team: str
    hour: int
    severity: str
    need: Need = Need()


@dataclass(slots=True, kw_only=True)
class Side:
    """What one of the two programs flags.

    Of `known` the owner has confirmed the reason; of `ours` it is the company's own doing.
    """

    flagged: int = 0
    known: int = 0
    ours: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    arrivals: Counter[Arrival] = field(default_factory=Counter)

    def merge(self, other: Side) -> None:
        """Add what was counted elsewhere."""
        _add_counts(self, other)


@dataclass(slots=True, kw_only=True)
class Changed:
    """Events that one of the two programs flags and the other does not."""

    n: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def show(self, severity: str, order: tuple[bool, str], make: Callable[[], Example]) -> None:
        """Keep an example, which is made only if it belongs to the first ones in their `order`."""
        shown = self.examples.setdefault(severity, [])
        if len(shown) < EXAMPLES or order < shown[-1][:2]:
            self.examples[severity] = heapq.nsmallest(EXAMPLES, [*shown, make()])

    def merge(self, other: Changed) -> None:
        """Add what was counted elsewhere; of the examples the first ones stay."""
        _add_counts(self, other)
        for severity, examples in other.examples.items():
            both = [*self.examples.get(severity, ()), *examples]
            self.examples[severity] = heapq.nsmallest(EXAMPLES, both)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of the events that were scored by both programs, `unreadable` ones by neither.

    `differing` are those for which the program that counts says something else than what was
    stored; `differing_of_others` those of them that another version had scored.
    """

    events: int = 0
    unreadable: int = 0
    differing: int = 0
    differing_of_others: int = 0
    regraded: Counter[tuple[str, str]] = field(default_factory=Counter)
    counting: Side = field(default_factory=Side)
    candidate: Side = field(default_factory=Side)
    opened: Changed = field(default_factory=Changed)
    dropped: Changed = field(default_factory=Changed)

    def merge(self, other: Tally) -> None:
        """Add what was counted over other events."""
        _add_counts(self, other)
        self.counting.merge(other.counting)
        self.candidate.merge(other.candidate)
        self.opened.merge(other.opened)
        self.dropped.merge(other.dropped)


def _add_counts(own: Side | Changed | Tally, other: Side | Changed | Tally) -> None:
    for one in fields(own):
        value = getattr(own, one.name)
        if isinstance(value, int):
            setattr(own, one.name, value + getattr(other, one.name))
        elif isinstance(value, Counter):
            value.update(getattr(other, one.name))
