"""What can go wrong and why, with the words that tell it, and what drives satisfaction."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.program.parts import Example, Id, Language, Named, Part, Words, ids, known
from shared.program.taxonomy import HALVES, default_words, names, taxonomy

#: In the context of a validation: what was taken from the product when the program was
#: activated (`Taxonomy.taken`), the base's entries and, under this key, the words on loan.
PINNED_BASE = "base"
_LENT = "like"

#: The words of entries, by their ids.
Lent = Mapping[str, Mapping[str, Sequence[str]]]


class Cause(Named):
    """One entry of the taxonomy."""

    parent: Id | None = None
    """The entry of the same list that this one is a kind of. Two levels, no more."""
    like: tuple[Id, ...] = ()
    """Entries of the default taxonomy's list of the same name: their words tell this one, too."""
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

    @field_validator("what", "why")
    @classmethod
    def _with_borrowed_words(
        cls, causes: tuple[Cause, ...], info: ValidationInfo
    ) -> tuple[Cause, ...]:
        half = str(info.field_name)
        pinned = info.context[PINNED_BASE] if info.context else {}
        lent = pinned.get(_LENT, {}).get(half) or default_words(half)
        return tuple(_borrowing(cause, half, lent) if cause.like else cause for cause in causes)

    @model_validator(mode="after")
    def _holds_what_it_refers_to(self) -> Self:
        if not (self.what and self.why):
            empty = "why" if self.what else "what"
            raise ValueError(f"{empty}: it names nothing; add an entry, or `base: default`")
        _refuse_loose_parents("what", self.what)
        _refuse_loose_parents("why", self.why)
        return self

    def taken(self) -> Mapping[str, object]:
        """Return what is the product's, as it ships today: the base's entries, words on loan."""
        lent = {"what": _lent_to("what", self.what), "why": _lent_to("why", self.why)}
        base = taxonomy(self.base) if self.base else {}
        return {**base, _LENT: lent} if any(lent.values()) else base


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


def _borrowing(cause: Cause, half: str, lent: Lent) -> Cause:
    """Return `cause` with the words of those that it is like behind its own."""
    words = dict(cause.words)
    for like in dict.fromkeys(cause.like):
        if like not in lent:
            near = difflib.get_close_matches(like, lent, cutoff=0.5)
            others = f"the nearest are {', '.join(near)}" if near else f"but {', '.join(lent)}"
            raise ValueError(
                f"{cause.id}.like: {like!r} is not in {half} of the default taxonomy, {others}"
            )
        for language, borrowed in lent[like].items():
            words[language] = tuple(dict.fromkeys((*words.get(language, ()), *borrowed)))
    return cause.model_copy(update={"words": words})


def _lent_to(half: str, causes: Iterable[Cause]) -> Lent:
    words = default_words(half)
    return {like: words[like] for cause in causes for like in cause.like}


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
