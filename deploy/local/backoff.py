"""When a process that ended is started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
#: Who lived this long was well: the next end is a first one again.
CALM_AFTER_S = 60.0
#: So many ends in a row without a calm life between them are reported as a failure.
FAILING_AFTER = 4


@dataclass(slots=True)
class Backoff:
    """Counts the short lives of one process and says how long to wait after each."""

    short_lives: int = 0

    def pause_after(self, lived_s: float) -> float:
        """Return the seconds to wait before the next start, after a life of `lived_s` seconds."""
        self.short_lives = 1 if lived_s >= CALM_AFTER_S else self.short_lives + 1
        return min(FIRST_PAUSE_S * 2.0 ** (self.short_lives - 1), LONGEST_PAUSE_S)

    @property
    def is_failing(self) -> bool:
        """Tell whether the process keeps ending soon after its start."""
        return self.short_lives >= FAILING_AFTER
