"""Which version of a program counts at a moment: a function of its activations and nothing else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Start(NamedTuple):
    """From `active_from` on `version` counts. `number` grows with each activation."""

    active_from: datetime
    number: int
    version: int


class Timeline:
    """The starts of one program's versions.

    The latest start that has come decides; of two for the same moment, the one that was decided
    on later. So a planned activation stays planned when another one is made for before it, and
    is taken back by another one for the same moment.
    """

    def __init__(self, starts: Iterable[Start]) -> None:
        self._starts = sorted(starts)
        self._moments = [start.active_from for start in self._starts]

    def version_at(self, moment: datetime) -> int | None:
        """Return the version that counts at `moment`, None before the first one."""
        come = bisect_right(self._moments, moment)
        return self._starts[come - 1].version if come else None

    def judging(self, moment: datetime) -> int | None:
        """Return the version that judges what came at `moment`: before the first one, the first.

        What was sent a moment before the first program counted is nobody else's to judge.
        """
        if not self._starts:
            return None
        first = self._moments[0]
        return self.version_at(max(moment, first))

    def next_start(self, moment: datetime) -> datetime | None:
        """Return the first moment after `moment` at which another version may count."""
        come = bisect_right(self._moments, moment)
        return self._moments[come] if come < len(self._moments) else None
