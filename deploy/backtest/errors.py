"""What keeps a candidate from being tried, or from counting."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class BacktestError(ClosedLoopError):
    """The candidate cannot be tried: an option, the program that counts, or a server is missing."""


class NotBacktestedError(ClosedLoopError):
    """The program that counts demands a passed backtest, and the candidate has none."""
