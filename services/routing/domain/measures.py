"""How well the inner loop works, from the ways that follow-ups took.

A time counts in the period in which its step was done; a promise is judged once, when it is kept
or when its time is up: so what is late and still open counts as missed, and nothing is left out
because it isn't finished.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.routing.domain.calendar import Clock
from services.routing.domain.effort import Effort, OwnEffort, own_effort, tally
from services.routing.domain.keeping import Judged, judged
from services.routing.domain.spreads import Spread, spread

#: A customer who was answered once and for all does not come back within this time.
FIRST_CONTACT_WINDOW = timedelta(days=7)
#: Nobody reads, calls and solves in less: what is resolved so fast is worth a look.
HASTY = timedelta(minutes=1)
#: So many resolutions by one person within this time, each close to its deadline, are as well.
MASS, MASS_WITHIN, CLOSE_TO_DEADLINE = 5, timedelta(minutes=10), timedelta(hours=1)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of one follow-up until it was first resolved, and whether that held.

    `owner` is who resolved it, or who has it. `due_at` is the deadline that its resolution had to
    keep, pauses included. `contacts` are those until it was resolved. `back_at` is when the same
    customer's next follow-up at the same touchpoint was opened, `ended_at` when it ended without a
    resolution: merged into another, the customer out of reach or not willing. `answered_at` is when
    its customer last answered the re-survey, `is_happy` what they said: who did not answer said
    nothing.

    `acknowledge_due_at` and `contact_due_at` are None where the policy gives no time. `reached_at`
    is when the customer was first spoken or written to. `attempts`, `hands` and `reopenings` count
    what was done until `verified_at`. `effort_before` and `effort_after` are what the customer said
    on the scale ces, at first and when asked again.
    """

    followup_id: UUID
    team: str
    owner: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    due_at: datetime
    reopened_at: datetime | None
    contacts: int
    back_at: datetime | None
    ended_at: datetime | None
    answered_at: datetime | None = None
    is_happy: bool = False
    customer_id: str = ""
    acknowledge_due_at: datetime | None = None
    contact_due_at: datetime | None = None
    reached_at: datetime | None = None
    is_unreachable: bool = False
    verified_at: datetime | None = None
    attempts: int = 0
    hands: int = 0
    reopenings: int = 0
    effort_before: float | None = None
    effort_after: float | None = None

    @property
    def acknowledging(self) -> Judged | None:
        """Whether it was acknowledged in time."""
        return judged(self.acknowledge_due_at, self.acknowledged_at, self.ended_at)

    @property
    def contacting(self) -> Judged | None:
        """Whether its customer was contacted in time; what is solved without waits for none."""
        done = min(filter(None, (self.contacted_at, self.resolved_at)), default=None)
        return judged(self.contact_due_at, done, self.ended_at)

    @property
    def resolving(self) -> Judged | None:
        """Whether it was resolved in time."""
        return judged(self.due_at, self.resolved_at, self.ended_at)

    @property
    def closing(self) -> Judged | None:
        """Whether its customer was answered in time: reached, and then resolved by the deadline.

        Who was given up as unreachable was not answered, and that is known at once.
        """
        solved = self.resolving
        if solved is None:
            given_up = self.ended_at if self.is_unreachable else None
            return Judged(at=given_up, is_kept=False) if given_up else None
        is_told = bool(self.reached_at and self.resolved_at and self.reached_at <= self.resolved_at)
        return Judged(at=solved.at, is_kept=solved.is_kept and is_told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Which follow-ups are measured: what is None does not filter."""

    teams: Sequence[str] | None = None
    severity: str | None = None
    segment: str | None = None


class Ways(Protocol):
    """Knows the ways that follow-ups took."""

    async def of(self, tenant: str, period: Interval, whose: Whose) -> list[Way]:
        """Return the ways on which something happened in the half-open `period`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """How long a step took: by the clock on the wall, and in the hours of the team."""

    calendar: Spread
    business: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`n` of `of`."""

    n: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is measured of some follow-ups in a period.

    `opened` in the period, of which `closed` have been resolved since. Of the deadlines judged in
    the period: `acknowledged_in_time`, `contacted_in_time`, and `kept` to resolve. `loop_closed`
    customers, each of whose follow-ups judged in the period was answered in time. Of the follow-ups
    first resolved in the period: `reopened` ones, `first_contact` ones (of those whose window is
    over), `hasty` and `mass` ones. `recovered` customers of those who answered the re-survey in the
    period, by their last answer, and the `own_effort` of those asked how easy it was. `effort` of
    the follow-ups first verified in the period.
    """

    opened: int
    acknowledge: StepTimes
    contact: StepTimes
    resolve: StepTimes
    closed: Part
    acknowledged_in_time: Part
    contacted_in_time: Part
    kept: Part
    loop_closed: Part
    reopened: Part
    first_contact: Part
    hasty: Part
    mass: Part
    recovered: Part
    effort: Effort
    own_effort: OwnEffort


def measured(
    ways: Sequence[Way], period: Interval, now: datetime, clock_of: Callable[[str], Clock]
) -> Measures:
    """Measure `ways` in the half-open `period`. `clock_of` gives the clock of a team's hours."""
    opened = [way for way in ways if _within(way.opened_at, period)]
    resolved = [way for way in ways if _within(way.resolved_at, period)]
    over = period[0], min(period[1], now)
    answered = [way for way in ways if _within(way.answered_at, period)]
    settled = [way for way in resolved if _window_of(way)[1] <= now]

    def times(step: Callable[[Way], datetime | None]) -> StepTimes:
        return _times(ways, step, period, clock_of)

    return Measures(
        opened=len(opened),
        acknowledge=times(lambda way: way.acknowledged_at),
        contact=times(lambda way: way.contacted_at),
        resolve=times(lambda way: way.resolved_at),
        closed=_part(opened, lambda way: way.resolved_at is not None),
        acknowledged_in_time=_kept([way.acknowledging for way in ways], over),
        contacted_in_time=_kept([way.contacting for way in ways], over),
        kept=_kept([way.resolving for way in ways], over),
        loop_closed=_loop_closed(ways, over),
        reopened=_part(resolved, lambda way: way.reopened_at is not None),
        first_contact=_part(settled, is_first_contact),
        hasty=_part(resolved, lambda way: _taken(way) < HASTY),
        mass=Part(n=len(mass_closed(resolved)), of=len(resolved)),
        recovered=_part(answered, lambda way: way.is_happy),
        effort=_effort([way for way in ways if _within(way.verified_at, period)]),
        own_effort=own_effort(
            [
                (way.effort_before, way.effort_after)
                for way in answered
                if way.effort_before is not None and way.effort_after is not None
            ]
        ),
    )


def is_first_contact(way: Way) -> bool:
    """Whether one contact at most solved it: no reopening and no coming back in the window."""
    window = _window_of(way)
    came_back = _within(way.reopened_at, window) or _within(way.back_at, window)
    return way.contacts <= 1 and not came_back


def mass_closed(resolved: Iterable[Way]) -> set[UUID]:
    """Return those that one person resolved in a row, just before their deadlines."""
    close: defaultdict[str, list[tuple[datetime, UUID]]] = defaultdict(list)
    for way in resolved:
        done = way.resolved_at
        if way.owner and done and timedelta() <= way.due_at - done < CLOSE_TO_DEADLINE:
            close[way.owner].append((done, way.followup_id))
    return {found for ways in close.values() for found in _in_a_row(sorted(ways))}


def _in_a_row(done: Sequence[tuple[datetime, UUID]]) -> Iterable[UUID]:
    moments = [moment for moment, _ in done]
    for first, moment in enumerate(moments):
        end = bisect_left(moments, moment + MASS_WITHIN)
        if end - first >= MASS:
            yield from (followup_id for _, followup_id in done[first:end])


def _times(
    ways: Iterable[Way],
    step: Callable[[Way], datetime | None],
    period: Interval,
    clock_of: Callable[[str], Clock],
) -> StepTimes:
    done = [(way, at) for way in ways if (at := step(way)) and _within(at, period)]
    return StepTimes(
        calendar=spread([at - way.opened_at for way, at in done]),
        business=spread([clock_of(way.team).between(way.opened_at, at) for way, at in done]),
    )


def _kept(deadlines: Iterable[Judged | None], over: Interval) -> Part:
    known = [one.is_kept for one in deadlines if one and _within(one.at, over)]
    return Part(n=sum(known), of=len(known))


def _loop_closed(ways: Iterable[Way], over: Interval) -> Part:
    answered: defaultdict[str, list[bool]] = defaultdict(list)
    for way in ways:
        if (closing := way.closing) and _within(closing.at, over):
            answered[way.customer_id].append(closing.is_kept)
    return Part(n=sum(map(all, answered.values())), of=len(answered))


def _effort(verified: Sequence[Way]) -> Effort:
    return Effort(
        contacts=tally([way.attempts for way in verified]),
        hands=tally([way.hands for way in verified]),
        reopenings=tally([way.reopenings for way in verified]),
    )


def _part(ways: Sequence[Way], holds: Callable[[Way], bool]) -> Part:
    return Part(n=sum(map(holds, ways)), of=len(ways))


def _within(moment: datetime | None, period: Interval) -> bool:
    return moment is not None and period[0] <= moment < period[1]


def _window_of(way: Way) -> Interval:
    begun = way.resolved_at or way.due_at
    return begun, begun + FIRST_CONTACT_WINDOW


def _taken(way: Way) -> timedelta:
    return (way.resolved_at or way.due_at) - way.opened_at
