"""What the outer loop refuses, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable

from shared.errors import ClosedLoopError


class OuterLoopError(ClosedLoopError):
    """The base of what this service refuses."""


class NotFoundError(OuterLoopError):
    """There is no such issue or plan, or it belongs to another tenant."""


class StaleVersionError(OuterLoopError):
    """The `thing` has changed since the caller read it. `current` is its present version."""

    def __init__(self, *, expected: int, current: int, thing: str = "plan") -> None:
        super().__init__(
            f"You changed version {expected}, and the {thing} is at version {current}.",
            remedy="Read it again, look at what has changed, and send your change once more.",
        )
        self.expected = expected
        self.current = current


class PlanError(OuterLoopError):
    """The plan's present state does not allow the change. `allowed` is what it does allow."""

    def __init__(self, detail: str, *, remedy: str = "", allowed: Iterable[str] = ()) -> None:
        super().__init__(detail, remedy=remedy)
        self.allowed = sorted(allowed)


class InvalidPlanError(OuterLoopError):
    """Something in the command is missing or names what the program does not hold."""

    def __init__(self, detail: str, *, field: str, remedy: str) -> None:
        super().__init__(detail, remedy=remedy)
        self.field = field


class NotYoursToDecideError(OuterLoopError):
    """Somebody else decides for the department."""


class ReusedKeyError(OuterLoopError):
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request.",
            remedy="Use a new key for each new request.",
        )
