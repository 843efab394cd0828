"""A verdict in one sentence, with its numbers; and what would be needed where nothing is flagged.

"Not sure yet" is never the last word: it says how many customers would make it sure.
"""

from __future__ import annotations

from services.outer_loop.domain.detection.chance import ratio_interval, tail
from services.outer_loop.domain.detection.rules import Kind, Rule, Verdict

#: Beyond this a chance is said to be as good as none.
_RAREST = 1_000_000
#: No company answers for more customers in one span of one cell.
_MOST = 100_000


def sentence(verdict: Verdict, rule: Rule) -> str:
    """Say in one sentence what was found, or what was not and what would be needed."""
    match verdict.kind:
        case Kind.SAFETY:
            people = _customers(verdict.safety)
            return f"{people} in {rule.days} days with a case of safety: one is enough."
        case Kind.NEW:
            return f"New: {_counted(verdict)} where none had met it before; {_chance(verdict)}."
        case Kind.RISEN:
            return f"{_counted(verdict)}{_beside(verdict)}; {_chance(verdict)}."
        case Kind.TOO_FEW:
            needed = _customers(rule.customers)
            return (
                f"{_customers(verdict.in_window)} in {rule.days} days: the program asks for "
                f"{needed} at least."
            )
        case Kind.NO_PAST:
            return (
                f"{_customers(verdict.in_window)} in {rule.days} days, but nothing earlier to "
                f"compare with: it takes {rule.days} days of listening and the days before them."
            )
        case Kind.AS_USUAL | Kind.NOT_YET_SURE:
            return (
                f"{_counted(verdict)}{_beside(verdict)}: {_open(verdict)}{_needed(verdict, rule)}."
            )


def customers_needed(verdict: Verdict, rule: Rule) -> int | None:
    """Return the customers that would have flagged the cell in its span, had it risen alone.

    None when no number would: nothing was listened to earlier.
    """
    if not verdict.blocks or verdict.share <= 0:
        return None
    low = max(rule.customers, int(-(-rule.times * verdict.usual // 1)), 1)
    high = _MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _likely(verdict, rule, middle) else (middle + 1, high)
    return low


def _likely(verdict: Verdict, rule: Rule, n: int) -> bool:
    """Tell whether `n` customers are beyond chance."""
    # Where last year makes more usual than the recent past, it is the past that counts.
    past = max(verdict.past, verdict.usual / verdict.share)
    chance = tail(n, past, verdict.share, verdict.dispersion, max(1, verdict.blocks))
    return float(chance) * len(rule.spans) <= verdict.level


def _counted(verdict: Verdict) -> str:
    return f"{_customers(verdict.customers)} in {verdict.span} days"


def _customers(n: int) -> str:
    return f"{n:,} customer" if n == 1 else f"{n:,} customers"


def _beside(verdict: Verdict) -> str:
    season = " at this time last year" if verdict.as_last_year else ""
    if verdict.usual <= 0:
        return f" where none were usual{season}"
    past = max(1, round(verdict.usual / verdict.share))
    ratio, low, high = ratio_interval(
        max(1, verdict.customers), past, verdict.share, verdict.dispersion, max(1, verdict.blocks)
    )
    return (
        f" where {_rounded(verdict.usual)} were usual{season} "
        f"({ratio:.1f}x, interval {low:.1f}-{high:.1f})"
    )


def _rounded(usual: float) -> str:
    return f"{usual:,.0f}" if usual >= 10 else f"{usual:.1f}"  # noqa: PLR2004 - ten has two digits


def _chance(verdict: Verdict) -> str:
    if verdict.chance * _RAREST <= 1:
        return f"chance alone would do this in fewer than 1 of {_RAREST:,} cells"
    return f"chance alone would do this in 1 of {1 / verdict.chance:,.0f} cells"


def _open(verdict: Verdict) -> str:
    if verdict.kind is Kind.AS_USUAL:
        return "no more than the program lets pass"
    return f"{_chance(verdict)}, which isn't sure enough"


def _needed(verdict: Verdict, rule: Rule) -> str:
    needed = customers_needed(verdict, rule)
    return "" if needed is None else f"; {needed:,} would have raised an alarm"
