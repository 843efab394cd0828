"""The report: one page of HTML that needs nothing else, neither a server nor a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from deploy.offline.job import Job
from deploy.offline.tally import Example, Tally
from deploy.pages.pictures import Bar, bars, pareto
from deploy.pages.rendering import render
from shared.contracts.events import Category, Severity
from shared.program.document import DEFAULT_RULE, Program

#: Languages and themes that get a bar; the others are one together.
_MOST_BARS = 12
#: A share of fewer rows than this says nothing.
_FEWEST = 5
_NOT_TOLD = "not told"
_OTHERS = "all others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A file that was scored: what was counted, how long it took, when.

    `names` are those of the columns that were added.
    """

    job: Job
    tally: Tally
    names: Sequence[str]
    seconds: float
    at: datetime


class Line(NamedTuple):
    """A line of a table: what is counted, how many, which part of all."""

    label: str
    n: int
    share: str
    flagged: int | None = None
    cumulative: str = ""


class Panel(NamedTuple):
    """A picture and the table with the same numbers."""

    name: str
    title: str
    note: str
    picture: Markup | None
    lines: Sequence[Line]
    is_pareto: bool = False


def report_page(scored: Scored) -> str:
    """Return the page as HTML."""
    return render(
        Path(__file__).parent / "templates",
        "report.html",
        scored=scored,
        tally=scored.tally,
        program=scored.job.program,
        panels=_panels(scored),
        rules=_rules(scored.tally, scored.job.program),
        examples=_examples(scored.tally),
        share=share,
    )


def share(n: int, of: int) -> str:
    """Return `n` as a share of `of` in percent, nothing where `of` is too small for one."""
    return f"{100 * n / of:.1f} %" if of >= _FEWEST else "–"


def _panels(scored: Scored) -> list[Panel]:
    tally, taxonomy = scored.tally, scored.job.program.taxonomy
    worded = f"Scored rows with words, n = {tally.worded:,}."
    all_scored = f"Scored rows, n = {tally.scored:,}."
    severities = _fixed(tally.severities, Severity)
    categories = _fixed(tally.categories, Category)
    rated = [_panel("category", "What the ratings say", all_scored, categories)]
    return [
        _themes(tally, {cause.id: cause.name for cause in taxonomy.what}),
        _panel("severity", "How bad it is", all_scored, severities),
        *(rated if scored.job.rating else []),
        _panel("sentiment", "How it sounds", worded, _ordered(tally.sentiments)),
        _panel(
            "cause",
            "Why it went wrong",
            worded,
            _ordered(tally.causes, {cause.id: cause.name for cause in taxonomy.why}),
        ),
        _panel("language", "In which language", worded, _ordered(tally.languages)),
    ]


def _panel(name: str, title: str, note: str, counts: Sequence[tuple[str, int]]) -> Panel:
    """Return a panel of `counts`; without a picture where nothing was told."""
    total = sum(n for _, n in counts)
    lines = [Line(label, n, share(n, total)) for label, n in counts]
    told = [Bar(label, n, n) for label, n in counts if n and label != _NOT_TOLD]
    picture = bars(told, name=name, title=title) if told else None
    return Panel(name, title, note, picture, lines)


def _themes(tally: Tally, names: Mapping[str, str]) -> Panel:
    """Return the Pareto of what went wrong, and how many of each were flagged."""
    ranked = [(theme, n) for theme, n in tally.themes.most_common() if theme]
    told = sum(n for _, n in ranked)
    rows = [Bar(names.get(theme, theme), n, tally.flagged_themes[theme]) for theme, n in ranked]
    lines, running = [], 0
    for row in rows:
        running += row.n
        lines.append(Line(row.label, row.n, share(row.n, told), row.darker, share(running, told)))
    if untold := tally.themes[""]:
        lines.append(Line(_NOT_TOLD, untold, "", tally.flagged_themes[""]))
    title = "What it is about"
    note = (
        f"Rows whose words tell a theme, n = {told:,} of {tally.worded:,}. Darker: flagged."
        " The line below a bar: the share of all that the bars down to there make up."
    )
    shown = [*rows[:_MOST_BARS], *_rest(rows[_MOST_BARS:])]
    picture = pareto(shown, name="theme", title=title) if shown else None
    return Panel("theme", title, note, picture, lines, is_pareto=True)


def _rest(rows: Sequence[Bar]) -> list[Bar]:
    if not rows:
        return []
    return [Bar(_OTHERS, sum(row.n for row in rows), sum(row.darker for row in rows))]


def _fixed(counts: Counter[str], order: type[Severity] | type[Category]) -> list[tuple[str, int]]:
    return [(one.value, counts[one.value]) for one in order]


def _ordered(counts: Counter[str], names: Mapping[str, str] | None = None) -> list[tuple[str, int]]:
    """Return the counts, largest first, the small ones together, what is not told at the end."""
    ranked = [((names or {}).get(one, one), n) for one, n in counts.most_common() if one]
    shown, rest = ranked[:_MOST_BARS], sum(n for _, n in ranked[_MOST_BARS:])
    others = [(_OTHERS, rest)] if rest else []
    return [*shown, *others, *([(_NOT_TOLD, counts[""])] if counts[""] else [])]


def _rules(tally: Tally, program: Program) -> list[tuple[str, str, int]]:
    """Return the rules that flagged rows: id, reason, how many."""
    reasons = {rule.id: rule.reason for rule in program.rules}
    reasons[DEFAULT_RULE] = "A detractor by the rating, whom no rule mentions"
    return [(rule, reasons.get(rule, ""), n) for rule, n in tally.rules.most_common()]


def _examples(tally: Tally) -> list[Example]:
    """Return the flagged rows that are shown, the worst first."""
    worst_first = sorted(tally.examples, key=list(Severity).index, reverse=True)
    return [example for severity in worst_first for example in tally.examples[severity]]
