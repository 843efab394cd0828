"""Shares with the interval that they leave open."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.statistics import wilson_interval


class Told(BaseModel):
    """A part of what a backtest tells; the text below a field stands in its JSON Schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Share(Told):
    """`n` of `of`; the share and its interval are absent where `of` is 0."""

    n: int
    """How many."""
    of: int
    """Of how many."""
    share: float | None
    """n / of, 0 to 1."""
    low: float | None
    """The lower end of the 95 % interval (Wilson 1927)."""
    high: float | None
    """The upper end of the 95 % interval."""


def share_of(n: int, of: int) -> Share:
    """Return `n` of `of` with its 95 % interval."""
    if not of:
        return Share(n=n, of=of, share=None, low=None, high=None)
    low, high = wilson_interval(n, of)
    return Share(n=n, of=of, share=n / of, low=low, high=high)
