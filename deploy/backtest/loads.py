"""Workload by team and owner, hour by hour of the week. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from deploy.backtest.job import Job
from deploy.backtest.result import Load, TeamLoad
from deploy.backtest.tally import Arrival, Tally
from deploy.backtest.workload import Arrivals, turns, week
from shared.program.document import Program, Team

_Owners = Mapping[str, Arrivals]


def loads_of(job: Job, tally: Tally) -> list[TeamLoad]:
    """Return the workload of each team of either program, the candidate's first."""
    programs = (job.counting, job.candidate)
    hours = [_by_team(side.arrivals) for side in (tally.counting, tally.candidate)]
    return [
        _team(team.id, team.name, programs, [one.get(team.id, {}) for one in hours])
        for team in teams_of(job)
    ]


def teams_of(job: Job) -> list[Team]:
    """Return the teams of both programs; of a team that is in both, the candidate's."""
    gone = {team.id: team for team in job.counting.teams}
    return list({**{team.id: team for team in job.candidate.teams}, **_absent(gone, job)}.values())


def _absent(teams: Mapping[str, Team], job: Job) -> dict[str, Team]:
    kept = {team.id for team in job.candidate.teams}
    return {name: team for name, team in teams.items() if name not in kept}


def _by_team(arrivals: Mapping[Arrival, int]) -> dict[str, Counter[int]]:
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for arrival, n in arrivals.items():
        found[arrival.team][arrival.hour] += n
    return found


def _team(
    team: str, name: str, programs: Sequence[Program], arrivals: Sequence[Arrivals]
) -> TeamLoad:
    given = [
        turns(_rotation(program, team), hours)
        for program, hours in zip(programs, arrivals, strict=True)
    ]
    counting, candidate = given
    owners = [
        _load(owner, _name(owner, programs), (counting.get(owner, {}), candidate.get(owner, {})))
        for owner in dict.fromkeys([*candidate, *counting])
    ]
    whole = _load(team, name, arrivals)
    return TeamLoad(**dict(whole), owners=owners)


def _load(name: str, label: str, arrivals: Sequence[Arrivals]) -> Load:
    counting, candidate = arrivals
    return Load(
        id=name,
        name=label,
        counting=sum(counting.values()),
        candidate=sum(candidate.values()),
        hours_counting=week(counting),
        hours_candidate=week(candidate),
    )


def _rotation(program: Program, team: str) -> Sequence[str]:
    return next((one.owners for one in program.teams if one.id == team), ())


def _name(owner: str, programs: Iterable[Program]) -> str:
    names = (program.owner_name(owner) for program in programs)
    return next((name for name in names if name != owner), owner)
