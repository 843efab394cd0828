"""How a team's follow-ups find their owners: what counts, and who is away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, Self

from pydantic import model_validator

from shared.contracts.events import Name
from shared.program.parts import Id, Part

#: So many open follow-ups of one owner are counted at most.
MOST_COUNTED = 1000

By = Literal["account", "continuity", "language", "skill", "place", "segment", "hours"]


class Preference(Part):
    """Something that speaks for an owner. It counts where the event says what it goes by."""

    by: By
    """account: theirs; continuity: they had the customer last; language, skill, place, segment:
    they have what the event asks for; hours: they work now, or sooner than others."""
    must: bool = False
    """Nobody else gets it: where nobody fits, it goes to the team's lead, as an alarm."""

    @model_validator(mode="after")
    def _can_be_demanded(self) -> Self:
        if self.must and self.by == "hours":
            raise ValueError("must: hours can only be preferred, since nobody always works")
        return self


class Absence(Part):
    """Days on which an owner is given nothing."""

    owner: Id
    """Who is away."""
    first_day: date
    """Such as 2026-12-24, in the time zone of the hours that the owner works."""
    last_day: date | None = None
    """The last day away; the first one if left out."""
    deputy: Id | None = None
    """Who gets the owner's follow-ups meanwhile, and may work on those that are open."""
    reason: Name | None = None
    """Why, for those who read the program; it is shown nowhere else."""

    @property
    def until(self) -> date:
        """The last day away."""
        return self.last_day or self.first_day

    def covers(self, day: date) -> bool:
        """Whether the owner is away on `day`."""
        return self.first_day <= day <= self.until

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until < self.first_day:
            raise ValueError("last_day: it is before the first day")
        return self

    @model_validator(mode="after")
    def _leaves_it_to_somebody_else(self) -> Self:
        if self.deputy == self.owner:
            raise ValueError("deputy: nobody stands in for themselves; name another, or none")
        return self


def once_each(preferences: tuple[Preference, ...]) -> tuple[Preference, ...]:
    """Return `preferences`. Raises ValueError when one stands twice."""
    seen = set()
    for preference in preferences:
        if preference.by in seen:
            raise ValueError(f"{preference.by} stands twice; keep one of them")
        seen.add(preference.by)
    return preferences


def by_owner(absences: Iterable[Absence]) -> dict[str, list[Absence]]:
    """Return the absences of each owner who has some."""
    found: dict[str, list[Absence]] = {}
    for absence in absences:
        found.setdefault(absence.owner, []).append(absence)
    return found
