"""Ids as people read them: the names that the program gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.outer_loop.domain.impact.design import Metric
from services.outer_loop.domain.plan import ExpectedEffect, in_words
from shared.contracts.plans import PlanState
from shared.program.document import Department, Program

METRICS: Mapping[Metric, str] = {
    Metric.CUSTOMERS_WITH_CAUSE: "customers with the cause",
    Metric.DETRACTOR_SHARE: "share of detractors",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one program. What it does not know (any more) is shown as its id."""

    program: Program

    def touchpoint(self, touchpoint: str) -> str:
        """Return the name of a touchpoint."""
        return self.program.touchpoint_name(touchpoint)

    def what(self, what: str) -> str:
        """Return what went wrong, in the taxonomy's words."""
        return next((one.name for one in self.program.taxonomy.what if one.id == what), what)

    def why(self, why: str) -> str:
        """Return why it went wrong, in the taxonomy's words."""
        return next((one.name for one in self.program.taxonomy.why if one.id == why), why)

    def owner(self, owner: str) -> str:
        """Return a person's name."""
        return self.program.owner_name(owner)

    def department(self, department: str) -> str:
        """Return the name of a department."""
        known = self._department(department)
        return known.name if known else department

    def head(self, department: str) -> str:
        """Return the name of who decides for a department."""
        known = self._department(department)
        return self.owner(known.head) if known else "nobody in the program"

    def headed_by(self, subject: str) -> set[str]:
        """Return the departments that a person decides for."""
        return {one.id for one in self.program.departments if one.head == subject}

    def effect(self, effect: ExpectedEffect | None) -> str:
        """Say an expected effect: '40 % fewer customers affected by 1 Mar 2027'."""
        if effect is None:
            return "not stated"
        direction = "less" if effect.change_percent < 0 else "more"
        size = f"{abs(effect.change_percent):g} % {direction}"
        return f"{METRICS[effect.metric]}: {size} by {day(effect.by)}"

    def _department(self, department: str) -> Department | None:
        return next((one for one in self.program.departments if one.id == department), None)


def day(when: date) -> str:
    """Say a day: '22 Nov 2026'."""
    return f"{when.day} {when:%b %Y}"


def local_day(when: datetime, zone: str) -> str:
    """Say the day of a moment in a time zone."""
    return day(when.astimezone(ZoneInfo(zone)).date())


def state(value: str) -> str:
    """Say a plan's state: 'under review'."""
    return in_words(PlanState(value)) if value in set(PlanState) else value


def count(number: int, one: str, many: str = "") -> str:
    """Say a number of things: '1 customer', '5 customers'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
