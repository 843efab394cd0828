"""What can be wrong with a request to change a follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.contracts.events import FollowUpState
from shared.errors import ClosedLoopError


class RoutingError(ClosedLoopError):
    """Anything that this service refuses."""


class UnknownError(RoutingError):
    """What is named is not there, or another tenant's."""


class UnknownFollowUpError(UnknownError):
    """There is no such follow-up for this tenant."""


class UnknownAttachmentError(UnknownError):
    """There is no such file, or it was erased."""


class OvertakenError(RoutingError):
    """The follow-up was changed by somebody else between reading and writing it."""

    def __init__(self, followup_id: UUID, version: int) -> None:
        super().__init__(
            f"Somebody else has brought {followup_id} to version {version} meanwhile.",
            remedy="Look at what changed and repeat your change on the present version.",
        )


class UnknownBulkError(UnknownError):
    """There is no such bulk, or it is somebody else's."""


class ReusedKeyError(RoutingError):
    """An idempotency key came again with another request."""


class NotYoursError(RoutingError):
    """Who asks may not do this to this follow-up."""


class ForbiddenTransitionError(RoutingError):
    """The state can't be reached from the present one, by this person; `allowed` can."""

    def __init__(
        self, present: FollowUpState, wanted: FollowUpState, allowed: Sequence[FollowUpState]
    ) -> None:
        ways = ", ".join(allowed) or "none"
        super().__init__(
            f"A follow-up that is {present} can't become {wanted} by you.",
            remedy=f"You can make it: {ways}.",
        )
        self.allowed = tuple(allowed)


class NoContactError(RoutingError):
    """In its present state nobody contacts the customer."""


class TooFewAttemptsError(RoutingError):
    """The customer was not tried as often as the program asks before giving up."""


class NotMergeableError(RoutingError):
    """As they stand, the two follow-ups can't become one, or two again."""


class UnknownRecoveryError(UnknownError):
    """There is no such offer for this follow-up."""


class RecoveryError(RoutingError):
    """As it stands, nothing can be offered, or this offer can't be decided."""


class IncompleteError(RoutingError):
    """Parts of the request are missing or wrong: `faults` says what, by dotted field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)
