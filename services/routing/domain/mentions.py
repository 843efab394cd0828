"""Colleagues whom a note names: `@noy` tells Noy of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.program.document import Program

#: So many of one note's are told; nobody calls more by name.
MOST_MENTIONED = 20
#: An id after @ that stands by itself: the local part of a mail address is no name.
_NAMED = re.compile(r"(?<![\w.+-])@([\w.-]+)")
_NO_PART_OF_A_NAME = ".-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A mention that the one it names has not seen: of which customer's case, and the note."""

    followup_id: UUID
    customer: str
    by_name: str
    note: str
    at: datetime


def mentioned_in(note: str | None, program: Program) -> tuple[str, ...]:
    """Return the ids of the people of the program whom a note names, in its order, each once."""
    given = _NAMED.findall(note or "")
    known = {one.id.casefold(): one.id for one in program.owners}
    ids = [_known(name.casefold(), known) for name in given]
    return tuple(dict.fromkeys(one for one in ids if one))[:MOST_MENTIONED]


def _known(name: str, known: dict[str, str]) -> str | None:
    """Return whose id it is, without the full stop of a sentence if need be."""
    return known.get(name) or known.get(name.rstrip(_NO_PART_OF_A_NAME))
