"""Limits that a candidate has to keep, set by the program that counts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from deploy.backtest.result import Backtest, LimitTold
from deploy.backtest.statistics import Share
from shared.program.document import BacktestLimits


def judged_by(limits: BacktestLimits, result: Backtest) -> list[LimitTold]:
    """Return each limit that is set, with what was found and whether it is kept."""
    return [_of_days(limits, result), *_of_shares(limits, result)]


def broken_limits(result: Backtest, limits: BacktestLimits) -> list[LimitTold]:
    """Return the limits that the candidate breaks."""
    return [one for one in judged_by(limits, result) if not one.kept]


def _of_days(limits: BacktestLimits, result: Backtest) -> LimitTold:
    days = (result.until - result.since) / timedelta(days=1)
    return LimitTold(
        name="since_days",
        limit=limits.since_days,
        found=days,
        kept=days >= limits.since_days,
        detail=f"{days:.1f} days were looked back on, {limits.since_days} are demanded.",
    )


def _of_shares(limits: BacktestLimits, result: Backtest) -> Iterator[LimitTold]:
    counting = result.under_counting.flagged.n
    more = result.under_candidate.flagged.n - counting
    opened, dropped = result.opened.share, result.dropped.share
    if (limit := limits.max_opened_share) is not None:
        yield _at_most("max_opened_share", limit, opened.share, f"{_told(opened)} are opened")
    if (limit := limits.max_dropped_share) is not None:
        yield _at_most("max_dropped_share", limit, dropped.share, f"{_told(dropped)} are dropped")
    if (limit := limits.max_workload_increase) is not None:
        rise = more / counting if counting else (float(more) if more > 0 else 0.0)
        yield _at_most(
            "max_workload_increase", limit, rise, f"{more:+,} on {counting:,} follow-ups"
        )
    if (limit := limits.min_precision) is not None:
        yield _precision(limit, result.under_candidate.precision)


def _at_most(name: str, limit: float, found: float | None, what: str) -> LimitTold:
    kept = found is None or found <= limit
    return LimitTold(
        name=name,
        limit=limit,
        found=found,
        kept=kept,
        detail=f"{what}, {'within' if kept else 'beyond'} the limit of {100 * limit:g} %.",
    )


def _precision(limit: float, precision: Share) -> LimitTold:
    """Judge by the upper end of the interval: few outcomes break no limit by chance."""
    kept = precision.high is None or precision.high >= limit
    reached = "can be" if kept else "cannot be"
    told = f"{_told(precision)} were our own doing: {100 * limit:g} % {reached} true."
    return LimitTold(
        name="min_precision",
        limit=limit,
        found=precision.share,
        kept=kept,
        detail=told if precision.of else "Of no flagged event the cause is confirmed.",
    )


def _told(share: Share) -> str:
    return f"{share.n:,} of {share.of:,}"
