"""Who answers customers, who leads and who decides."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.contracts.events import Name
from shared.program.assignment import MOST_COUNTED, Preference, once_each
from shared.program.parts import Id, MailAddress, Named


class Department(Named):
    """A department; `head` is the person who decides for it."""

    head: Id
    """An owner's id."""


class Owner(Named):
    """A frontline owner, who answers customers."""

    languages: tuple[str, ...] = ()
    """Languages (BCP 47) that they can answer in, the best one first. None: any."""
    skills: tuple[Id, ...] = ()
    """What they can do that not everybody can, in words of your own. None: anything."""
    places: tuple[Name, ...] = ()
    """Places, as events name them, that they answer for. None: any."""
    segments: tuple[Name, ...] = ()
    """Segments of customers, as events name them, that they answer for. None: any."""
    accounts: tuple[Name, ...] = ()
    """Accounts, as events name them, that are theirs."""
    email: MailAddress | None = None
    """Where they are told by mail that time runs out. None: in the inbox alone."""
    capacity: Annotated[int, Field(ge=1, le=MOST_COUNTED)] | None = None
    """How many open follow-ups they can have at once, in all their teams. None: no limit."""
    calendar: Id | None = None
    """When they work, if not at the hours of their team."""


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
    assignment: Annotated[tuple[Preference, ...], AfterValidator(once_each)] = ()
    """What speaks for an owner, what counts most first. None: they take turns."""
    continuity_days: Annotated[int, Field(ge=1, le=3660)] = 90
    """A customer's last owner counts for so many days after the follow-up last changed."""
