"""The measures counted once more: from the exported events, by the words of the guide.

Nothing of the product's arithmetic is used. The program is read as the plain document that it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from shared.contracts.events import CesRating, FeedbackScored, FollowUpChange
from tests.integration.routing.recorded_company import COMPANY

Period = tuple[datetime, datetime]
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_BEFORE_WORK = {"new", "assigned", "merged"}
_CONTACTS = {"contacting", "contacted", "waiting_customer"}
_ENDED = {"merged", "unreachable", "declined_contact"}
_SOLVED = {"resolved", "verified", "closed"}
_FROM_WORST = ["detractor", "passive", "promoter"]
_IN_VAIN = {"no_answer", "wrong_details"}
_POLICIES: dict[Any, dict[str, Any]] = {
    (one["severity"], one.get("segment")): one for one in COMPANY["sla"]
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Case:
    """What was exported of one follow-up, in the order of its versions; what it came from, and all
    that was heard.
    """

    events: Sequence[FollowUpChange]
    heard: FeedbackScored
    all_heard: Sequence[FeedbackScored] = field(repr=False)

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
        return _contacts(self.before(self.resolved))

    def before(self, end: FollowUpChange | None) -> list[FollowUpChange]:
        return [one for one in self.events if not end or one.version < end.version]

    @property
    def verified(self) -> FollowUpChange | None:
        return self.first(lambda one: one.change == "verified")

    @property
    def stands_at(self) -> datetime | None:
        """When it was resolved, if that holds."""
        solved = self.last.resolution
        return solved.resolved_at if solved and self.last.state in _SOLVED else None

    @property
    def heard_later(self) -> FeedbackScored | None:
        """What its customer has said last in the ninety days after that."""
        end = self.stands_at
        if end is None:
            return None
        said = [
            one
            for one in self.all_heard
            if one.data.feedback.customer_id == self.last.customer_id
            and end < one.data.feedback.occurred_at <= end + 90 * _DAY
        ]
        return max(said, key=lambda one: one.data.feedback.occurred_at, default=None)

    @property
    def policy(self) -> Mapping[str, Any]:
        """What the program grants: the segment's own policy, or the severity's."""
        severity, segment = self.last.severity.value, self.heard.data.feedback.segment
        return _POLICIES.get((severity, segment)) or _POLICIES[severity, None]

    @property
    def verdict(self) -> tuple[datetime, str] | None:
        """When the customer answered last, and how."""
        said = self.last_answer
        return (said.changed_at, said.answer.verdict) if said and said.answer else None

    @property
    def last_answer(self) -> FollowUpChange | None:
        said = [one for one in self.events if one.answer and one.answer.verdict != "no_response"]
        return said[-1] if said else None

    @property
    def judged(self) -> tuple[datetime, bool] | None:
        """When it was known whether its deadline was kept, and whether it was."""
        final = self.resolved or self.last
        return self._verdict_on(final.due_at, self.resolved)

    def in_time(
        self, hours: str, is_step: Callable[[FollowUpChange], bool]
    ) -> tuple[datetime, bool] | None:
        """The same of a step for which the policy gives `hours`."""
        if hours not in self.policy:
            return None
        return self._verdict_on(self._after(self.policy[hours]), self.first(is_step))

    @property
    def loop(self) -> tuple[datetime, bool] | None:
        """When it was known whether the customer was answered in time, and whether so."""
        found = self.judged
        if found is None:
            end = self._ended
            return (end.changed_at, False) if end and end.change == "unreachable" else None
        told = [
            one
            for one in self.events
            if one.contact and one.contact.outcome not in _IN_VAIN and one.changed_at <= found[0]
        ]
        return found[0], found[1] and bool(told)

    @property
    def _ended(self) -> FollowUpChange | None:
        """How it ended without a resolution, if it did."""
        ends = [one for one in self.events if one.change in _ENDED]
        is_over = not self.resolved and self.last.state in _ENDED | {"closed"}
        return ends[-1] if is_over else None

    def _verdict_on(
        self, due: datetime, done: FollowUpChange | None
    ) -> tuple[datetime, bool] | None:
        if done and done.changed_at <= due:
            return done.changed_at, True
        is_moot = not done and self._ended and self._ended.changed_at <= due
        return None if is_moot else (due, False)

    def _after(self, hours: float) -> datetime:
        if self.policy.get("clock") != "business":
            return self.begun + timedelta(hours=hours)
        left, day = timedelta(hours=hours), self.begun.date() - 2 * _DAY
        while True:
            for opens, closes in _shifts(self.last.team, day):
                start = max(opens, self.begun)
                if start < closes and closes - start >= left:
                    return start + left
                left -= max(closes - start, timedelta())
            day += _DAY


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
    over = period[0], min(period[1], now)
    proved = [case for case in cases if case.verified and _in(case.verified.changed_at, period)]
    old = [case for case in solved if case.resolved and case.resolved.changed_at + _WEEK <= now]
    said = [case.verdict for case in cases if case.verdict and _in(case.verdict[0], period)]
    everyone = list(all_of_them)
    return {
        "opened": len(opened),
        "closed": (sum(case.resolved is not None for case in opened), len(opened)),
        "acknowledge": _times(cases, period, _is_seen),
        "contact": _times(cases, period, lambda one: one.change in _CONTACTS),
        "resolve": _times(cases, period, lambda one: one.change == "resolved"),
        "acknowledged_in_time": _kept(
            [case.in_time("acknowledge_hours", _is_seen) for case in cases], over
        ),
        "contacted_in_time": _kept(
            [case.in_time("first_contact_hours", _is_contact_or_end) for case in cases], over
        ),
        "kept": _kept([case.judged for case in cases], over),
        "loop_closed": _loops(cases, over),
        "first_contact": (sum(_is_solved_at_once(case, everyone) for case in old), len(old)),
        "reopened": (sum(case.reopened is not None for case in solved), len(solved)),
        "recovered": (sum(verdict == "happy" for _, verdict in said), len(said)),
        "hasty": (sum(_took(case) < timedelta(minutes=1) for case in solved), len(solved)),
        "mass": (_in_a_row(solved), len(solved)),
        "effort": {
            "contacts": _tally([_contacts(case.before(case.verified)) for case in proved]),
            "hands": _tally([_hands(case.before(case.verified)) for case in proved]),
            "reopenings": _tally(
                [
                    sum(one.change == "reopened" for one in case.before(case.verified))
                    for case in proved
                ]
            ),
        },
        "own_effort": _own_effort(cases, period),
        "later": _later([case for case in cases if case.stands_at and _in(case.stands_at, period)]),
    }


def _later(solved: Sequence[Case]) -> dict[str, tuple[int, int]]:
    words = [_compared(case.heard, later) for case in solved if (later := case.heard_later)]
    told = {name: (words.count(name), len(words)) for name in ("recovered", "unchanged", "worse")}
    return {**told, "silent": (len(solved) - len(words), len(solved))}


def _compared(before: FeedbackScored, after: FeedbackScored) -> str:
    was, now = (_FROM_WORST.index(one.data.score.category) for one in (before, after))
    first, last = before.data.feedback.rating, after.data.feedback.rating
    assert first
    assert last
    is_lower = first.scale == last.scale and last.value < first.value
    if now > was:
        return "recovered"
    return "worse" if now < was or is_lower else "unchanged"


def _is_seen(one: FollowUpChange) -> bool:
    return one.state not in _BEFORE_WORK


def _is_contact_or_end(one: FollowUpChange) -> bool:
    return one.change in _CONTACTS | {"resolved"}


def _kept(known: Iterable[tuple[datetime, bool] | None], over: Period) -> tuple[int, int]:
    judged = [one[1] for one in known if one and _in(one[0], over)]
    return sum(judged), len(judged)


def _loops(cases: Iterable[Case], over: Period) -> tuple[int, int]:
    """Customers who were answered in time, each time, of all who should have been."""
    due, let_down = set(), set()
    for case in cases:
        if (loop := case.loop) and _in(loop[0], over):
            due.add(case.last.customer_id)
            let_down |= set() if loop[1] else {case.last.customer_id}
    return len(due - let_down), len(due)


def _contacts(events: Iterable[FollowUpChange]) -> int:
    names = [one.change for one in events]
    return max(names.count("contacting"), names.count("contacted"))


def _hands(events: Iterable[FollowUpChange]) -> int:
    owners = [one.owner for one in events if one.owner]
    return sum(before != after for before, after in pairwise(owners))


def _tally(counts: Sequence[int]) -> tuple[int, float | None, float | None, int | None]:
    if not counts:
        return 0, None, None, None
    mean, middle = float(np.mean(counts)), float(np.median(counts))
    return len(counts), round(mean, 3), round(middle, 3), max(counts)


def _own_effort(cases: Iterable[Case], period: Period) -> tuple[int, float | None, float | None]:
    before, after = [], []
    for case in cases:
        first, said = case.heard.data.feedback.rating, case.last_answer
        if isinstance(first, CesRating) and said and _in(said.changed_at, period):
            assert said.answer
            assert said.answer.value is not None
            before.append(first.value)
            after.append(said.answer.value)
    if not before:
        return 0, None, None
    return len(before), round(float(np.mean(before)), 3), round(float(np.mean(after)), 3)


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
