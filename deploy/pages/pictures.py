"""Bars as SVG, drawn by hand: no script, words that stay words, colours of the page's style.

Altair draws more kinds of picture; for bars it took 2 s to start, 140 MB of memory and 94 MB on
disk, and its colours don't follow a dark screen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from markupsafe import Markup, escape

#: Drawn for a phone's width, on which letters should not shrink.
_WIDTH = 360
#: Bars and lines end here; the numbers stand to the right of them.
_PLOT = 304
#: What is there at all is seen.
_THINNEST = 1.5
_ROW = 38
_BAR_HEIGHT = 12
_LABEL_BASELINE = 14
_BAR_TOP = 20
_AXIS = 22
_LONGEST_LABEL = 38
_LONGEST_SPAN = 52
#: The growing share, below the bar: no name is crossed.
_SHARE_Y = 36
#: A bar, its name, and the growing share.
_SHARED_ROW = 46
#: Two bars and their name.
_PAIR = 54
_PAIR_STEP = 14


class Pair(NamedTuple):
    """Two bars below one name: how many before, how many after."""

    label: str
    before: int
    after: int


class Span(NamedTuple):
    """A share with its interval, each 0 to 1, and as it is said."""

    label: str
    share: float
    low: float
    high: float
    words: str


class Bar(NamedTuple):
    """A bar: its name, how many, and the part of them that is drawn darker."""

    label: str
    n: int
    darker: int = 0


def bars(rows: Sequence[Bar], *, name: str, title: str) -> Markup:
    """Return a bar for each of `rows`. `name` makes the ids unique on the page."""
    return _svg(_rows(rows), height=_ROW * len(rows), name=name, title=title, words=_in_words(rows))


def pareto(rows: Sequence[Bar], *, name: str, title: str) -> Markup:
    """Return a bar for each of `rows`, largest first, and below each the growing share.

    That is a line as long as the part of all that the bars down to there make up.
    """
    total = sum(row.n for row in rows)
    shares = [sum_ / total for sum_ in accumulate(row.n for row in rows)]
    height = _SHARED_ROW * len(rows)
    drawn = [
        _rows(rows, _SHARED_ROW),
        *(_growing(place * _SHARED_ROW, share) for place, share in enumerate(shares)),
        *(_tick(place, height) for place in (0, 50, 100)),
    ]
    words = f"{_in_words(rows)} The first {_most_of(shares)} make up 80 % or more of them."
    return _svg(Markup("").join(drawn), height=height + _AXIS, name=name, title=title, words=words)


def pairs(rows: Sequence[Pair], *, name: str, title: str) -> Markup:
    """Return two bars for each of `rows`, before above after."""
    top = max(max(row.before, row.after) for row in rows) or 1
    drawn = [_pair(place * _PAIR, row, top) for place, row in enumerate(rows)]
    words = "; ".join(f"{row.label} {row.before:,}, then {row.after:,}" for row in rows) + "."
    height = _PAIR * len(rows)
    return _svg(Markup("").join(drawn), height=height, name=name, title=title, words=words)


def spans(rows: Sequence[Span], *, name: str, title: str) -> Markup:
    """Return a mark for each share of `rows`, on the line of its interval, from 0 to 100 %."""
    height = _ROW * len(rows)
    drawn = [_span(place * _ROW, row) for place, row in enumerate(rows)]
    ticks = [_tick(place, height) for place in (0, 50, 100)]
    words = "; ".join(f"{row.label} {row.words}" for row in rows) + "."
    body = Markup("").join([*drawn, *ticks])
    return _svg(body, height=height + _AXIS, name=name, title=title, words=words)


def _pair(y: float, row: Pair, top: int) -> Markup:
    return Markup(
        '<text x="0" y="{label_base}">{label}</text>'
        '<rect class="bar soft" x="0" y="{first}" width="{before:.1f}" height="{height}"/>'
        '<text x="{width}" y="{first_base}" text-anchor="end">{before_n}</text>'
        '<rect class="bar" x="0" y="{second}" width="{after:.1f}" height="{height}"/>'
        '<text x="{width}" y="{second_base}" text-anchor="end">{after_n}</text>'
    ).format(
        label_base=y + _LABEL_BASELINE,
        label=_shortened(row.label),
        first=y + _BAR_TOP,
        second=y + _BAR_TOP + _PAIR_STEP,
        first_base=y + _BAR_TOP + _BAR_HEIGHT - 2,
        second_base=y + _BAR_TOP + _PAIR_STEP + _BAR_HEIGHT - 2,
        height=_BAR_HEIGHT,
        width=_WIDTH,
        before=_length(row.before, top),
        after=_length(row.after, top),
        before_n=f"{row.before:,}",
        after_n=f"{row.after:,}",
    )


def _span(y: float, row: Span) -> Markup:
    return Markup(
        '<text x="0" y="{base}">{label}</text>'
        '<line class="total" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>'
        '<circle class="bar" cx="{share:.1f}" cy="{middle}" r="5"/>'
    ).format(
        base=y + _LABEL_BASELINE,
        label=_shortened(f"{row.label}: {row.words}", _LONGEST_SPAN),
        middle=y + _BAR_TOP + _BAR_HEIGHT / 2,
        low=_PLOT * row.low,
        high=_PLOT * row.high,
        share=_PLOT * row.share,
    )


def _growing(y: float, share: float) -> Markup:
    return Markup(
        '<line class="total" x1="0" y1="{y}" x2="{x:.1f}" y2="{y}"/>'
        '<circle class="dot" cx="{x:.1f}" cy="{y}" r="3"/>'
    ).format(x=share * _PLOT, y=y + _SHARE_Y)


def _most_of(shares: Sequence[float]) -> int:
    """Return how many of the largest make up four fifths."""
    return next(place for place, share in enumerate(shares, start=1) if share >= 0.8)  # noqa: PLR2004


def _rows(rows: Sequence[Bar], height: int = _ROW) -> Markup:
    top = max(row.n for row in rows)
    return Markup("").join(_row(place * height, row, top) for place, row in enumerate(rows))


def _row(y: float, row: Bar, top: int) -> Markup:
    return Markup(
        '<text x="0" y="{base}">{label}</text>'
        '<text x="{width}" y="{base}" text-anchor="end">{n}</text>'
        '<rect class="bar light" x="0" y="{bar}" width="{all:.1f}" height="{height}"/>'
        '<rect class="bar" x="0" y="{bar}" width="{part:.1f}" height="{height}"/>'
    ).format(
        base=y + _LABEL_BASELINE,
        width=_WIDTH,
        label=_shortened(row.label),
        n=f"{row.n:,}",
        bar=y + _BAR_TOP,
        all=_length(row.n, top),
        part=_length(row.darker, top),
        height=_BAR_HEIGHT,
    )


def _length(n: int, top: int) -> float:
    return max(_PLOT * n / top, _THINNEST) if n else 0.0


def _tick(percent: int, height: float) -> Markup:
    x = _PLOT * percent / 100
    anchor = {0: "start", 100: "end"}.get(percent, "middle")
    return Markup(
        '<line class="axis" x1="{x}" y1="{y1}" x2="{x}" y2="{y2}"/>'
        '<text x="{x}" y="{base}" text-anchor="{anchor}">{percent} %</text>'
    ).format(x=x, y1=height, y2=height + 5, base=height + 18, anchor=anchor, percent=percent)


def _shortened(label: str, longest: int = _LONGEST_LABEL) -> str:
    """Return a label that fits; what combines with a letter is never parted from it."""
    if len(label) <= longest:
        return label
    end = longest - 1
    while end > 1 and unicodedata.category(label[end]).startswith("M"):
        end -= 1
    return label[:end].rstrip() + "…"


def _in_words(rows: Sequence[Bar]) -> str:
    return "; ".join(f"{row.label} {row.n:,}" for row in rows) + "."


def _svg(body: Markup, *, height: float, name: str, title: str, words: str) -> Markup:
    return Markup(
        '<svg role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' aria-labelledby="{n}-title {n}-desc"><title id="{n}-title">{t}</title>'
        '<desc id="{n}-desc">{d}</desc>{b}</svg>'
    ).format(w=_WIDTH, h=height, n=escape(name), t=title, d=words, b=body)
