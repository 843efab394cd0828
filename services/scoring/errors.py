"""What can be wrong with a request about scored feedback."""

from __future__ import annotations

from shared.errors import ClosedLoopError


class ScoringError(ClosedLoopError):
    """Anything that this service refuses."""


class UnknownFeedbackError(ScoringError):
    """There is no such feedback for this tenant, or nothing of it to review."""


class StaleReviewError(ScoringError):
    """Somebody decided meanwhile; `version` is that of the decision that counts now."""

    def __init__(self, version: int) -> None:
        super().__init__(
            "Somebody decided on it while you looked at it. Nothing of yours was lost.",
            remedy="Look at their decision; send yours again if it still fits.",
        )
        self.version = version


class ReusedKeyError(ScoringError):
    """An idempotency key came again with another request."""
