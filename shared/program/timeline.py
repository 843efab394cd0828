"""Which version of a program counts at a moment: a function of its activations and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Start(NamedTuple):
    """From `active_from` on `version` counts. `number` grows with each activation."""

    active_from: datetime
    number: int
    version: int


def version_at(starts: Iterable[Start], moment: datetime) -> int | None:
    """Return the version that counts at `moment`, None before the first one.

    The latest start that has come decides; of two for the same moment, the one that was decided
    on later. So a planned activation stays planned when another one is made for before it, and
    is taken back by another one for the same moment.
    """
    come = [start for start in starts if start.active_from <= moment]
    return max(come).version if come else None


def next_start(starts: Iterable[Start], moment: datetime) -> datetime | None:
    """Return the first moment after `moment` at which another version may count."""
    return min((one.active_from for one in starts if one.active_from > moment), default=None)
