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
from uuid import UUID

from services.routing.domain.calendar import Clock
from services.routing.domain.effort import Effort, OwnEffort, own_effort, tally
from services.routing.domain.keeping import Judged
from services.routing.domain.later import Comparison, compared
from services.routing.domain.spreads import Spread, spread
from services.routing.domain.ways import Interval, Way

#: A customer who was answered once and for all does not come back within this time.
FIRST_CONTACT_WINDOW = timedelta(days=7)
#: Nobody reads, calls and solves in less: what is resolved so fast is worth a look.
HASTY = timedelta(minutes=1)
#: So many resolutions by one person within this time, each close to its deadline, are as well.
MASS, MASS_WITHIN, CLOSE_TO_DEADLINE = 5, timedelta(minutes=10), timedelta(hours=1)


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
class LaterScores:
    """How customers stood later: parts of those who said so, and the `silent` ones of all."""

    recovered: Part
    unchanged: Part
    worse: Part
    silent: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is measured of some follow-ups in a period.

    `opened` in the period, of which `closed` have been resolved since. Of the deadlines judged in
    the period: `acknowledged_in_time`, `contacted_in_time`, and `kept` to resolve. `loop_closed`
    customers, each of whose follow-ups judged in the period was answered in time. Of the follow-ups
    first resolved in the period: `reopened` ones, `first_contact` ones (of those whose window is
    over), `hasty` and `mass` ones. `recovered` customers of those who answered the re-survey in the
    period, by their last answer, and the `own_effort` of those asked how easy it was. `effort` of
    the follow-ups first verified in the period. `later` scores of the customers whose follow-ups
    were resolved for good in the period, and who stood somewhere before.
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
    later: LaterScores


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
        later=_later([way for way in ways if _within(way.stands_at, period)]),
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


def _later(solved: Sequence[Way]) -> LaterScores:
    stands = [(way.before, way.after) for way in solved if way.before]
    found = [compared(before, after) for before, after in stands if after]

    def part(which: Comparison) -> Part:
        return Part(n=found.count(which), of=len(found))

    return LaterScores(
        recovered=part("recovered"),
        unchanged=part("unchanged"),
        worse=part("worse"),
        silent=Part(n=len(stands) - len(found), of=len(stands)),
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
