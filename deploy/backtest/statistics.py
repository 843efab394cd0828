"""Shares with the interval that they leave open."""

from __future__ import annotations

from math import sqrt

from pydantic import BaseModel, ConfigDict

#: The 97.5 % point of the normal distribution: 95 % lie between it and its opposite.
_Z = 1.959963984540054


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
    """Return `n` of `of` with Wilson's 95 % score interval, which holds for small `of` too.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if not of:
        return Share(n=n, of=of, share=None, low=None, high=None)
    share, spread = n / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    low, high = min(share, middle - half), max(share, middle + half)
    return Share(n=n, of=of, share=share, low=max(0.0, low), high=min(1.0, high))
