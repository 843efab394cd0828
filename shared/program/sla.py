"""SLA policies of a program: how long each step of a follow-up may take, by which clock."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from shared.contracts.events import Name, Severity
from shared.program.parts import Part

Hours = Annotated[FiniteFloat, Field(gt=0, le=8760)]


class Pause(Part):
    """The clock stands while a follow-up waits for the customer, but not for ever."""

    max_hours: Hours
    """All waiting together stops the clock for so long at most, in hours of the policy's clock."""


class SlaPolicy(Part):
    """How long each step may take, in hours, for follow-ups of one severity.

    A policy for the customer's segment counts instead of the one for all of them, as a whole.
    """

    severity: Severity
    """Low, medium, high or critical: one policy for each."""
    segment: Name | None = None
    """The customers that it is for, as events name their segment; all of them if left out."""
    clock: Literal["calendar", "business"] = "calendar"
    """Calendar counts every hour, business those in which the team's calendar is open."""
    acknowledge_hours: Hours | None = None
    """Hours from opening until the owner has acknowledged it."""
    first_contact_hours: Hours | None = None
    """Hours from opening until the customer is contacted."""
    next_contact_hours: Hours | None = None
    """Hours from one contact to the next."""
    resolve_hours: Hours
    """Hours from opening to resolution."""
    pause: Pause | None = None
    """Stops the clock while waiting for the customer; left out, it runs on."""

    @property
    def longest_hours(self) -> float:
        """The most hours of its clock that a step can take, the whole pause included."""
        steps = (self.acknowledge_hours, self.first_contact_hours, self.next_contact_hours)
        longest = max(self.resolve_hours, *(hours or 0 for hours in steps))
        return longest + (self.pause.max_hours if self.pause else 0)

    def __str__(self) -> str:
        """Return whom it is for, in words that people read."""
        return f"{self.severity} severity, {self.segment or 'all segments'}"
