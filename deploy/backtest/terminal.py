"""A backtest on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from deploy.backtest.result import Backtest, ChangeLine, ExampleTold, SideTold
from deploy.backtest.wording import change, count, interval, percent, period, verdict

_SHOWN_EXAMPLES = 4
_LONGEST = 140


def show(result: Backtest, console: Console) -> None:
    """Print the tables and some examples."""
    console.print(
        f"{result.candidate.name} ({result.tenant}): the candidate beside version"
        f" {result.counting.version}, {result.events:,} events, {period(result)},"
        f" in {result.seconds} s",
        markup=False,
    )
    console.print(verdict(result), markup=False)
    _show_notes(result, console)
    if result.events:
        severities = _changes("severity", result.severities)
        rules = _changes("rule", result.rules)
        for table in (_summary(result), severities, rules, _teams(result)):
            console.print("", table)
        console.print()
        _show_examples("Opened", result.opened.examples, console)
        _show_examples("Dropped", result.dropped.examples, console)
    for limit in result.limits:
        mark = "kept" if limit.kept else "BROKEN"
        console.print(f"Limit {limit.name}: {mark}. {limit.detail}", markup=False)


def _show_notes(result: Backtest, console: Console) -> None:
    differing = result.differing
    if differing.n:
        console.print(
            f"Asked again, the program that counts judges {differing.n:,} events otherwise than was"
            f" stored; {differing.of_other_versions:,} of them another version had scored.",
            markup=False,
        )
    if result.unreadable:
        console.print(f"{result.unreadable:,} stored events cannot be read, and are left out.")


def _table(*columns: str) -> Table:
    table = Table(columns[0], box=None, pad_edge=False)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _summary(result: Backtest) -> Table:
    counting, candidate = result.under_counting, result.under_candidate
    table = _table("", "now", "candidate", "change")
    flagged = (counting.flagged, candidate.flagged)
    missed = (result.deadlines.missed_counting, result.deadlines.missed_candidate)
    table.add_row("follow-ups", *(count(one.n) for one in flagged), change(*(o.n for o in flagged)))
    table.add_row("of the events", *(f"{percent(one)} ({interval(one)})" for one in flagged), "")
    table.add_row("our own doing", _precision(counting), _precision(candidate), "")
    table.add_row(
        "no known outcome", count(counting.without_outcome), count(candidate.without_outcome)
    )
    table.add_row("deadlines missed (simulated)", *map(count, missed), change(*missed))
    return table


def _precision(side: SideTold) -> str:
    share = side.precision
    return f"{share.n:,} of {share.of:,}: {percent(share)} ({interval(share)})"


def _changes(name: str, lines: Sequence[ChangeLine]) -> Table:
    table = _table(name, "now", "candidate", "opened", "dropped")
    for line in lines:
        numbers = (line.counting, line.candidate, line.opened, line.dropped)
        table.add_row(line.id, *map(count, numbers))
    return table


def _teams(result: Backtest) -> Table:
    table = _table("team", "now", "candidate", "resolved a day", "missed now", "by candidate")
    for team, deadlines in zip(result.teams, result.deadlines.teams, strict=True):
        pace = "–" if deadlines.a_day is None else f"{deadlines.a_day:.1f}"
        table.add_row(
            team.name,
            count(team.counting),
            count(team.candidate),
            pace,
            count(deadlines.missed_counting),
            count(deadlines.missed_candidate),
        )
    return table


def _show_examples(what: str, examples: Sequence[ExampleTold], console: Console) -> None:
    for example in examples[:_SHOWN_EXAMPLES]:
        words = " ".join(example.text.split())
        shown = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
        console.print(
            f"{what} ({example.severity}, {example.rule}): {shown or 'no words'}", markup=False
        )
