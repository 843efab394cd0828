"""Why somebody has a follow-up, as data, and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

#: Of those who were passed over so many are kept.
MOST_KEPT = 20
_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A preference that the follow-up raised: what was wanted, and whether somebody had it."""

    by: str
    wanted: str
    must: bool = False
    met: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Somebody who did not get it, and by what: absent, full, or what others had and they not."""

    owner: str
    by: str
    until: date | None = None


@dataclass(slots=True, kw_only=True)
class Course:
    """How a choice goes: what was asked for, who was passed over, what decided, in order.

    `load` is how many follow-ups were open with the one chosen, None where that did not count.
    """

    asked: list[Asked] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    load: int | None = None
    is_full: bool = False
    is_last_resort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why `owner` has it; `words` say it in a sentence, with the names of then.

    `decided_by` is what left nobody else: a preference, full (the others were), hours, load, turn,
    only_one (nobody else was there), last_resort (an alarm), or what a person did: taken, given,
    handed_over; `by` is that person. `load` is what was open with the owner before, where loads
    were weighed; `is_full` says that all had as many as they can have.
    """

    owner: str
    decided_by: str
    words: str
    asked: tuple[Asked, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    stands_in_for: tuple[str, ...] = ()
    load: int | None = None
    capacity: int | None = None
    is_full: bool = False
    is_last_resort: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A person's id and name."""

    id: str
    name: str


def why_taken(who: Named) -> Why:
    """Say that `who` took it."""
    return Why(owner=who.id, decided_by="taken", words=f"Taken by {who.name}.", by=who.id)


def why_given(owner: Named, giver: Named, note: str, *, own: bool) -> Why:
    """Say that `giver` gave it to `owner`, with a note; `own` when it was the giver's."""
    act = f"{'Handed over' if own else 'Given'} to {owner.name} by {giver.name}"
    said = _cut(" ".join(note.split()))
    return Why(
        owner=owner.id,
        decided_by="handed_over" if own else "given",
        words=f"{act}, with: {said}" if said else f"{act}.",
        by=giver.id,
    )


def day_words(day: date) -> str:
    """Return '30 November'."""
    return f"{day.day} {day:%B}"


def _cut(note: str) -> str:
    return note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE].rstrip()} …"
