"""Workload by team and owner, hour by hour of the week. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from deploy.backtest.giving import given_out
from deploy.backtest.job import Job
from deploy.backtest.result import Load, TeamLoad
from deploy.backtest.tally import Arrival, Tally
from deploy.backtest.workload import Arrivals, week
from shared.program.document import Program, Team


def loads_of(job: Job, tally: Tally) -> list[TeamLoad]:
    """Return the workload of each team of either program, the candidate's first."""
    arrivals = [_by_team(side.arrivals) for side in (tally.counting, tally.candidate)]
    return [
        _team(job, team.id, team.name, [one.get(team.id, {}) for one in arrivals])
        for team in teams_of(job)
    ]


def teams_of(job: Job) -> list[Team]:
    """Return the teams of both programs; of a team that is in both, the candidate's."""
    gone = {team.id: team for team in job.counting.teams}
    return list({**{team.id: team for team in job.candidate.teams}, **_absent(gone, job)}.values())


def _absent(teams: Mapping[str, Team], job: Job) -> dict[str, Team]:
    kept = {team.id for team in job.candidate.teams}
    return {name: team for name, team in teams.items() if name not in kept}


def _by_team(arrivals: Mapping[Arrival, int]) -> dict[str, dict[Arrival, int]]:
    found: defaultdict[str, dict[Arrival, int]] = defaultdict(dict)
    for arrival, n in arrivals.items():
        found[arrival.team][arrival] = n
    return found


def _team(job: Job, team: str, name: str, arrivals: Sequence[Mapping[Arrival, int]]) -> TeamLoad:
    programs = (job.counting, job.candidate)
    counting, candidate = (
        given_out(program, team, one, job.zone)
        for program, one in zip(programs, arrivals, strict=True)
    )
    owners = [
        _load(owner, _name(owner, programs), (counting.get(owner, {}), candidate.get(owner, {})))
        for owner in dict.fromkeys([*candidate, *counting])
    ]
    whole = _load(team, name, [_by_hour(one) for one in arrivals])
    return TeamLoad(**dict(whole), owners=owners)


def _by_hour(arrivals: Mapping[Arrival, int]) -> Counter[int]:
    found: Counter[int] = Counter()
    for arrival, n in arrivals.items():
        found[arrival.hour] += n
    return found


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


def _name(owner: str, programs: Iterable[Program]) -> str:
    names = (program.owner_name(owner) for program in programs)
    return next((name for name in names if name != owner), owner)
