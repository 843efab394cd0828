"""What the parts of a program are made of: ids, names, words in languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.events import Name

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
#: A BCP 47 tag, or * for words that mean the same in every language.
Language = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$")]

#: A mail address of plain ASCII, as those of HTML's input of type email.
MailAddress = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$",
    ),
]

_TEXT = r"^[^\x00]*\S[^\x00]*$"
Word = Annotated[str, StringConstraints(max_length=100, pattern=_TEXT)]
Example = Annotated[str, StringConstraints(max_length=2000, pattern=_TEXT)]
MOST_WORDS = 1000
Words = dict[Language, Annotated[tuple[Word, ...], Field(max_length=MOST_WORDS)]]


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone of the IANA database, such as Asia/Vientiane"
        ) from None
    return name


TimeZone = Annotated[Name, AfterValidator(_time_zone)]


class Part(BaseModel):
    """A part of the document: no unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Named(Part):
    """Anything with an id and the name that people see."""

    id: Id
    """Lower-case letters, digits, - and _. It stays when the name changes."""
    name: Name
    """What people see."""


class HasId(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """Return the id."""
        ...


def ids(place: str, parts: Iterable[HasId]) -> set[str]:
    """Return the ids of `parts`. Raises ValueError, naming `place`, when one stands twice."""
    seen: set[str] = set()
    for part in parts:
        if part.id in seen:
            raise ValueError(f"{place}: the id {part.id!r} stands twice")
        seen.add(part.id)
    return seen


def known(place: str, wanted: Iterable[str], held: set[str]) -> None:
    """Raise ValueError, naming `place`, when one of `wanted` is not among the ids `held`."""
    for name in wanted:
        if name not in held:
            raise ValueError(f"{place}: {name!r} is not in this program")
