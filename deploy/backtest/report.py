"""The page of a backtest: pictures, each with its numbers in a table, and nothing to load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from deploy.backtest.giving import ASSUMPTION
from deploy.backtest.result import Backtest, ChangeLine, Line, Load, SideTold, TeamDeadlines
from deploy.backtest.wording import change, count, interval, percent, period, verdict
from deploy.backtest.workload import HOURS_OF_A_WEEK
from deploy.pages.pictures import Pair, Span, pairs, spans
from deploy.pages.rendering import render

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS_OF_A_DAY = 24
#: Steps of shade in a table of hours; the numbers stand in the cells.
_SHADES = 4
#: Rules that get bars; the table has all.
_MOST_BARS = 14


class Cell(NamedTuple):
    """An hour of the week: the candidate's follow-ups, how many more or fewer, how dark."""

    n: int
    change: str
    shade: int


def report_page(result: Backtest) -> str:
    """Return the page as HTML."""
    return render(
        Path(__file__).parent / "templates",
        "backtest.html",
        result=result,
        verdict=verdict(result),
        period=period(result),
        severities=_picture("severity", "Follow-ups by severity", result.severities),
        rules=_picture("rule", "Follow-ups by rule", result.rules),
        teams=_loads("team", "Follow-ups by team", result.teams),
        missed=_missed(result.deadlines.teams),
        precision=_precision(result),
        all_hours=_grid(_all_teams(result)),
        team_hours={team.id: _grid(team) for team in result.teams},
        busiest=_busiest,
        giving=ASSUMPTION,
        days=DAYS,
        hours=range(_HOURS_OF_A_DAY),
        count=count,
        change=change,
        percent=percent,
        interval=interval,
    )


def _picture(name: str, title: str, lines: Sequence[ChangeLine]) -> Markup | None:
    shown = [line for line in lines if line.counting or line.candidate][:_MOST_BARS]
    return _pairs(name, title, [(line.id, line) for line in shown])


def _loads(name: str, title: str, loads: Sequence[Load]) -> Markup | None:
    return _pairs(name, title, [(load.name, load) for load in loads])


def _pairs(name: str, title: str, lines: Sequence[tuple[str, Line]]) -> Markup | None:
    rows = [Pair(label, line.counting, line.candidate) for label, line in lines]
    return pairs(rows, name=name, title=title) if rows else None


def _missed(teams: Sequence[TeamDeadlines]) -> Markup | None:
    rows = [
        Pair(team.name, team.missed_counting, team.missed_candidate)
        for team in teams
        if team.missed_counting is not None and team.missed_candidate is not None
    ]
    return pairs(rows, name="missed", title="Deadlines missed, simulated") if rows else None


def _precision(result: Backtest) -> Markup | None:
    sides = (("Counts now", result.under_counting), ("Candidate", result.under_candidate))
    rows = [span for label, side in sides if (span := _span(label, side))]
    return spans(rows, name="precision", title="Confirmed as our own doing") if rows else None


def _span(label: str, side: SideTold) -> Span | None:
    told = side.precision
    if told.share is None or told.low is None or told.high is None:
        return None
    return Span(label, told.share, told.low, told.high, f"{percent(told)} ({interval(told)})")


def _all_teams(result: Backtest) -> Load:
    return Load(
        id="all",
        name="All teams",
        counting=sum(team.counting for team in result.teams),
        candidate=sum(team.candidate for team in result.teams),
        hours_counting=_sums(team.hours_counting for team in result.teams),
        hours_candidate=_sums(team.hours_candidate for team in result.teams),
    )


def _sums(weeks: Iterable[Sequence[int]]) -> list[int]:
    return [sum(hours) for hours in zip(*weeks, strict=True)] or [0] * HOURS_OF_A_WEEK


def _grid(load: Load) -> list[list[Cell]]:
    """Return the hours of a load, a row for each day, darker where more arrive."""
    most = max(load.hours_candidate) or 1
    cells = [
        Cell(new, change(old, new) if new != old else "", -(-_SHADES * new // most))
        for old, new in zip(load.hours_counting, load.hours_candidate, strict=True)
    ]
    return [cells[day * _HOURS_OF_A_DAY :][:_HOURS_OF_A_DAY] for day in range(len(DAYS))]


def _busiest(load: Load) -> str:
    """Return the hour of the week in which most of the candidate's follow-ups arrive."""
    most = max(load.hours_candidate)
    if not most:
        return "–"
    day, hour = divmod(list(load.hours_candidate).index(most), _HOURS_OF_A_DAY)
    return f"{DAYS[day]} {hour:02}:00 ({most:,})"
