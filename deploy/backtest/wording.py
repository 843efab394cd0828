"""How numbers and verdicts of a backtest are said, on the terminal and on the page."""

from __future__ import annotations

from deploy.backtest.result import Backtest
from deploy.backtest.statistics import Share

#: A share of fewer than this says nothing.
_FEWEST = 5


def count(n: int | None) -> str:
    """Return a count, a dash where it is not known."""
    return "–" if n is None else f"{n:,}"


def change(old: int | None, new: int | None) -> str:
    """Return how many more or fewer they are, a dash where that is not known."""
    if old is None or new is None:
        return "–"
    return f"{new - old:+,}" if new != old else "0"


def percent(share: Share) -> str:
    """Return a share in percent, a dash where it is one of too few."""
    if share.share is None or share.of < _FEWEST:
        return "–"
    return f"{100 * share.share:.1f} %"


def interval(share: Share) -> str:
    """Return the ends of the interval in percent, nothing where there is none."""
    if share.low is None or share.high is None or share.of < _FEWEST:
        return ""
    return f"{100 * share.low:.1f}–{100 * share.high:.1f} %"


def verdict(result: Backtest) -> str:
    """Return in one sentence what the candidate would change."""
    if not result.events:
        return "Nobody said anything in this time: there is nothing to compare."
    if not (result.opened.share.n or result.dropped.share.n or result.regraded):
        return "The candidate flags the same events as urgently as the program that counts."
    return (
        f"The candidate opens {_followups(result.opened.share.n)} that the program that counts does"
        f" not, and drops {result.dropped.share.n:,} of its {result.dropped.share.of:,};"
        f" {sum(one.n for one in result.regraded):,} change their severity."
    )


def period(result: Backtest) -> str:
    """Return the time that was looked at."""
    return f"{result.since:%Y-%m-%d %H:%M} to {result.until:%Y-%m-%d %H:%M} UTC"


def _followups(n: int) -> str:
    return "1 follow-up" if n == 1 else f"{n:,} follow-ups"
