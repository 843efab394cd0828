"""What keeps a model from being trained or adopted."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class TrainError(ClosedLoopError):
    """No model can be trained: the file, its labels or an option is at fault."""


class AdoptionError(ClosedLoopError):
    """A model cannot be adopted: the program cannot name it."""
