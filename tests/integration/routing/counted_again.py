"""The measures counted once more: from the exported events, by the words of the guide.

Nothing of the product's arithmetic is used. The program is read as the plain document that it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from shared.contracts.events import FollowUpChange
from tests.integration.routing.recorded_company import COMPANY

Period = tuple[datetime, datetime]
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_BEFORE_WORK = {"new", "assigned", "merged"}
_CONTACTS = {"contacting", "contacted", "waiting_customer"}
_ENDED = {"merged", "unreachable", "declined_contact"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Case:
    """What was exported of one follow-up, in the order of its versions."""

    events: Sequence[FollowUpChange]

    @property
    def begun(self) -> datetime:
        return self.events[0].opened_at

    @property
    def last(self) -> FollowUpChange:
        return self.events[-1]

    def first(self, holds: Callable[[FollowUpChange], bool]) -> FollowUpChange | None:
        return next(filter(holds, self.events), None)

    @property
    def resolved(self) -> FollowUpChange | None:
        return self.first(lambda one: one.change == "resolved")

    @property
    def owner(self) -> str | None:
        return self.resolved.actor if self.resolved else self.last.owner

    @property
    def reopened(self) -> datetime | None:
        solved = self.resolved
        again = self.first(
            lambda one: bool(solved and one.version > solved.version and one.change == "reopened")
        )
        return again.changed_at if again else None

    @property
    def contacts(self) -> int:
        """Contacts before the resolution: beginning one and then logging it is one."""
        solved = self.resolved
        before = [one.change for one in self.events if not solved or one.version < solved.version]
        return max(before.count("contacting"), before.count("contacted"))

    @property
    def verdict(self) -> tuple[datetime, str] | None:
        """When the customer answered last, and how."""
        said = [one for one in self.events if one.answer and one.answer.verdict != "no_response"]
        return (said[-1].changed_at, said[-1].answer.verdict) if said and said[-1].answer else None

    @property
    def judged(self) -> tuple[datetime, bool] | None:
        """When it was known whether its deadline was kept, and whether it was."""
        if solved := self.resolved:
            kept = solved.changed_at <= solved.due_at
            return (solved.changed_at if kept else solved.due_at), kept
        ends = [one.changed_at for one in self.events if one.change in _ENDED]
        is_over = self.last.state in _ENDED | {"closed"}
        if is_over and max(ends) <= self.last.due_at:
            return None
        return self.last.due_at, False


def working_time(team: str, start: datetime, end: datetime) -> timedelta:
    """Return how much of `start` to `end` lies in the team's hours, day by day."""
    first, last = start.date() - 2 * _DAY, end.date() + 2 * _DAY
    days = (first + n * _DAY for n in range((last - first).days + 1))
    shifts = (shift for day in days for shift in _shifts(team, day))
    overlaps = (min(end, closes) - max(start, opens) for opens, closes in shifts)
    return sum((one for one in overlaps if one > timedelta()), timedelta())


@cache
def _shifts(team: str, day: date) -> tuple[Period, ...]:
    calendar = next(one for one in COMPANY["calendars"] if one["id"] == team)
    zone = ZoneInfo(calendar["time_zone"])
    return tuple(_shift(day, text, zone) for text in _hours_on(calendar, day))


def _hours_on(calendar: Mapping[str, Any], day: date) -> list[str]:
    for one in calendar.get("openings", ()):
        if one["day"] == day.isoformat():
            return list(one["hours"])
    if any(one["first_day"] == day.isoformat() for one in calendar.get("closures", ())):
        return []
    return list(calendar["hours"].get(_WEEKDAYS[day.weekday()], ()))


def _shift(day: date, text: str, zone: ZoneInfo) -> Period:
    opens, closes = (time.fromisoformat(one) for one in text.split("-"))
    evening = day if closes > opens else day + _DAY
    begin, end = datetime.combine(day, opens, zone), datetime.combine(evening, closes, zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def counted(
    cases: Sequence[Case], all_of_them: Iterable[Case], period: Period, now: datetime
) -> dict[str, Any]:
    """Return the measures of `cases`, in the shape of the report."""
    solved = [case for case in cases if case.resolved and _in(case.resolved.changed_at, period)]
    opened = [case for case in cases if _in(case.begun, period)]
    known = [case.judged for case in cases if case.judged]
    judged = [kept for at, kept in known if _in(at, period) and at < now]
    old = [case for case in solved if case.resolved and case.resolved.changed_at + _WEEK <= now]
    said = [case.verdict for case in cases if case.verdict and _in(case.verdict[0], period)]
    everyone = list(all_of_them)
    return {
        "opened": len(opened),
        "closed": (sum(case.resolved is not None for case in opened), len(opened)),
        "acknowledge": _times(cases, period, lambda one: one.state not in _BEFORE_WORK),
        "contact": _times(cases, period, lambda one: one.change in _CONTACTS),
        "resolve": _times(cases, period, lambda one: one.change == "resolved"),
        "kept": (sum(judged), len(judged)),
        "first_contact": (sum(_is_solved_at_once(case, everyone) for case in old), len(old)),
        "reopened": (sum(case.reopened is not None for case in solved), len(solved)),
        "recovered": (sum(verdict == "happy" for _, verdict in said), len(said)),
        "hasty": (sum(_took(case) < timedelta(minutes=1) for case in solved), len(solved)),
        "mass": (_in_a_row(solved), len(solved)),
    }


def _in(moment: datetime, period: Period) -> bool:
    return period[0] <= moment < period[1]


def _took(case: Case) -> timedelta:
    assert case.resolved
    return case.resolved.changed_at - case.begun


def _is_solved_at_once(case: Case, everyone: Sequence[Case]) -> bool:
    assert case.resolved
    done = case.resolved.changed_at
    again = [case.reopened] if case.reopened else []
    again += [
        other.begun
        for other in everyone
        if other.last.customer_id == case.last.customer_id
        and other.last.touchpoint == case.last.touchpoint
        and other.begun > done
    ]
    return case.contacts <= 1 and not any(moment < done + _WEEK for moment in again)


def _in_a_row(solved: Sequence[Case]) -> int:
    late: defaultdict[str | None, list[datetime]] = defaultdict(list)
    for case in solved:
        assert case.resolved
        left = case.resolved.due_at - case.resolved.changed_at
        if timedelta() <= left < timedelta(hours=1):
            late[case.owner].append(case.resolved.changed_at)
    return sum(_belongs(one, moments) for moments in late.values() for one in moments)


def _belongs(moment: datetime, moments: Sequence[datetime]) -> bool:
    """Whether some ten minutes that hold `moment` hold four others."""
    span = timedelta(minutes=10)
    starts = [one for one in moments if one <= moment < one + span]
    return any(sum(start <= one < start + span for one in moments) >= 5 for start in starts)


def _times(
    cases: Iterable[Case], period: Period, is_step: Callable[[FollowUpChange], bool]
) -> dict[str, Any]:
    ends = [(case, end.changed_at) for case in cases if (end := case.first(is_step))]
    done = [(case, at) for case, at in ends if _in(at, period)]
    return {
        "calendar": _spread([at - case.begun for case, at in done]),
        "business": _spread([working_time(case.last.team, case.begun, at) for case, at in done]),
    }


def _spread(times: Sequence[timedelta]) -> tuple[int, float | None, float | None]:
    if not times:
        return 0, None, None
    seconds = [one.total_seconds() for one in times]
    median, p90 = np.quantile(seconds, [0.5, 0.9])
    return len(seconds), round(float(median), 3), round(float(p90), 3)
