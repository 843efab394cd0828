"""Who answers customers, who leads and who decides."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.program.parts import Id, Named


class Department(Named):
    """A department; `head` is the person who decides for it."""

    head: Id
    """An owner's id."""


class Owner(Named):
    """A frontline owner, who answers customers."""

    languages: tuple[str, ...] = ()
    """Languages (BCP 47) that they can answer in, the best one first."""


class Team(Named):
    """A team of owners, in rotation order, and the department it belongs to."""

    department: Id
    """The department that the team belongs to."""
    lead: Id
    """The owner who leads it."""
    owners: Annotated[tuple[Id, ...], Field(min_length=1)]
    """Its owners, in the order in which follow-ups go round."""
    calendar: Id | None = None
    """When it works: the id of a calendar. Business time can't be counted without one."""
