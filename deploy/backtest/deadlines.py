"""Deadlines that each program would have had missed: a simulation, with what it assumes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deploy.backtest.job import Job
from deploy.backtest.loads import teams_of
from deploy.backtest.pace import FEWEST_DAYS, Pace, resolved_a_day
from deploy.backtest.result import Deadlines, TeamDeadlines
from deploy.backtest.tally import Side, Tally
from deploy.backtest.workload import Due, deadlines_kept, hour_of
from shared.contracts.events import Severity
from shared.program.document import Program

ASSUMPTIONS = (
    "Follow-ups arrive at the hour at which the customer said it, in the tenant's time zone; their"
    " deadlines run from then on, by each program's own hours.",
    "A team resolves as many a day as its owners really resolved from the first to the last"
    f" resolution in this time; of less than {FEWEST_DAYS} days no pace is told. A team that waited"
    " for work could have resolved more: so its pace is raised until, under the program that"
    " counts, no larger share is missed than was really late.",
    "The pace is even, day and night, and the same under both programs. Whatever falls due first is"
    " resolved first, by whoever of the team is free; nothing is open at the beginning.",
    "Deadlines that fall behind the end of this time are not counted.",
)

#: How often the pace is doubled at most, and then halved into, to find the one that fits.
_DOUBLINGS, _HALVINGS = 7, 10


def deadlines_of(job: Job, tally: Tally, paces: Sequence[Pace]) -> Deadlines:
    """Replay the arrivals of both programs through a queue for each team."""
    teams = [
        _team(job, tally, team.id, team.name, [one for one in paces if one.team == team.id])
        for team in teams_of(job)
    ]
    return Deadlines(
        teams=teams,
        missed_counting=_sum(team.missed_counting for team in teams),
        missed_candidate=_sum(team.missed_candidate for team in teams),
        assumptions=ASSUMPTIONS,
    )


def _team(job: Job, tally: Tally, team: str, name: str, paces: Sequence[Pace]) -> TeamDeadlines:
    a_day, until = resolved_a_day(paces), hour_of(job.until, job.zone)
    resolved, late = sum(one.resolved for one in paces), sum(one.late for one in paces)
    told = TeamDeadlines(id=team, name=name, resolved=resolved, late=late, a_day=a_day)
    if a_day is None:
        return told
    arrivals = list(_dues(job.counting, tally.counting, team))
    pace = fitting_pace(arrivals, a_day=a_day, late=late / resolved, until=until)
    counting = deadlines_kept(arrivals, a_day=pace, until=until)
    others = _dues(job.candidate, tally.candidate, team)
    candidate = deadlines_kept(others, a_day=pace, until=until)
    return told.model_copy(
        update={
            "pace": pace,
            "due_counting": counting.due,
            "missed_counting": counting.missed,
            "due_candidate": candidate.due,
            "missed_candidate": candidate.missed,
        }
    )


def fitting_pace(arrivals: Sequence[Due], *, a_day: float, late: float, until: int) -> float:
    """Return the slowest pace from `a_day` on that misses no larger share than `late`, about."""

    def fits(pace: float) -> bool:
        kept = deadlines_kept(arrivals, a_day=pace, until=until)
        return kept.missed <= late * kept.due

    slow, fast = a_day, a_day
    for _ in range(_DOUBLINGS):
        if fits(fast):
            break
        slow, fast = fast, 2 * fast
    for _ in range(_HALVINGS if fast > slow else 0):
        middle = (slow + fast) / 2
        slow, fast = (slow, middle) if fits(middle) else (middle, fast)
    return fast


def _dues(program: Program, side: Side, team: str) -> Iterator[Due]:
    for arrival, n in side.arrivals.items():
        if arrival.team == team:
            hours = program.resolve_hours(Severity(arrival.severity))
            yield Due(arrival.hour, arrival.hour + hours, n)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [n for n in counts if n is not None]
    return sum(known) if known else None
