"""What keeps the sample from being played."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class SampleError(ClosedLoopError):
    """The system under the sample did not do what it should."""
