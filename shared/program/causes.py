"""What can go wrong and why, with the words that tell it, and what drives satisfaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from shared.program.parts import Example, Id, Language, Named, Part, Words, ids, known
from shared.program.taxonomy import HALVES, names, taxonomy

#: In the context of a validation: the base as it was when the program was activated.
PINNED_BASE = "base"


class Cause(Named):
    """One entry of the taxonomy."""

    parent: Id | None = None
    """The entry of the same list that this one is a kind of. Two levels, no more."""
    words: Words = Field(default_factory=dict)
    """Words and phrases that tell it, by language (BCP 47; * stands for any)."""
    examples: dict[Language, tuple[Example, ...]] = Field(default_factory=dict)
    """Sentences of customers who mean it, by language."""


class Taxonomy(Part):
    """What can go wrong (what) and for which reason (why)."""

    base: Literal["default", "airline"] | None = None
    """A taxonomy that ships with the product: own entries come first, those of the same id win."""
    what: tuple[Cause, ...] = ()
    """What went wrong, as the customer sees it."""
    why: tuple[Cause, ...] = ()
    """The reason inside the company, as the owner finds it."""

    @model_validator(mode="before")
    @classmethod
    def _on_its_base(cls, said: object, info: ValidationInfo) -> object:
        if not isinstance(said, Mapping) or said.get("base") not in names():
            return said
        base = info.context[PINNED_BASE] if info.context else taxonomy(said["base"])
        return {**said, **{half: _extended(said.get(half), base[half]) for half in HALVES}}

    @model_validator(mode="after")
    def _holds_what_it_refers_to(self) -> Self:
        if not (self.what and self.why):
            empty = "why" if self.what else "what"
            raise ValueError(f"{empty}: it names nothing; add an entry, or `base: default`")
        _refuse_loose_parents("what", self.what)
        _refuse_loose_parents("why", self.why)
        return self


class Driver(Named):
    """What makes customers satisfied or not, such as punctuality: themes, words or both."""

    themes: tuple[Id, ...] = ()
    """Entries of taxonomy.what that it is made of."""
    words: Words = Field(default_factory=dict)
    """Words and phrases that tell it in praise and in complaint, by language."""

    @model_validator(mode="after")
    def _is_made_of_something(self) -> Self:
        if not (self.themes or self.words):
            raise ValueError("themes: name the themes or the words that it is made of")
        return self


def _extended(own: object, base: Sequence[Mapping[str, object]]) -> object:
    if own is not None and not isinstance(own, Sequence):
        return own  # and is refused
    taken = {entry.get("id") for entry in own or () if isinstance(entry, Mapping)}
    return [*(own or ()), *(entry for entry in base if entry["id"] not in taken)]


def _refuse_loose_parents(place: str, causes: Sequence[Cause]) -> None:
    ids(place, causes)
    tops = {cause.id for cause in causes if cause.parent is None}
    for cause in causes:
        if cause.parent is not None:
            known(f"{place}.{cause.id}.parent", [cause.parent], {one.id for one in causes})
            if cause.parent not in tops:
                raise ValueError(
                    f"{place}.{cause.id}.parent: {cause.parent!r} has a parent itself,"
                    " there are two levels"
                )
