"""What a count leaves open."""

from __future__ import annotations

from math import sqrt

#: The 97.5 % point of the normal distribution: 95 % lie between it and its opposite.
_Z = 1.959963984540054


def wilson_interval(n: int, of: int) -> tuple[float, float]:
    """Return the 95 % score interval of the share `n` of `of`, which is above 0: low, high.

    It holds for small `of` too. E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", Journal of the American Statistical Association 22 (1927), 209-212.
    """
    share, spread = n / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    low, high = min(share, middle - half), max(share, middle + half)
    return max(0.0, low), min(1.0, high)
