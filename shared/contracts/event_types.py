"""Which events there are: the model of each type."""

from __future__ import annotations

from typing import Any

from shared.contracts.communications import LoopCommunicationSent, LoopCommunicationTold
from shared.contracts.events import CloudEvent, FeedbackScored, FeedbackSubmitted, FollowUpChanged
from shared.contracts.plans import OuterLoopChanged

EVENTS: dict[str, type[CloudEvent[Any]]] = {
    "feedback.submitted.v1": FeedbackSubmitted,
    "feedback.scored.v1": FeedbackScored,
    "followup.changed.v1": FollowUpChanged,
    "outer_loop.changed.v1": OuterLoopChanged,
    "loop.communication.v1": LoopCommunicationSent,
    "loop.communication.told.v1": LoopCommunicationTold,
}
