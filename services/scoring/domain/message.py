"""feedback.scored.v1, put together from parts that are JSON already.

It is the event as shared/contracts/codec.py would write it, to the byte (a test holds the two
together), at a third of the cost: the feedback is serialized once, the verdict and the moment
are shared by many events.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID

from pydantic_core import to_json

from shared.contracts.events import FeedbackSubmitted

TYPE: Literal["feedback.scored.v1"] = "feedback.scored.v1"
SOURCE = "urn:closedloop:scoring"


@lru_cache(maxsize=64)
def _moment_json(moment: datetime) -> str:
    """Return `moment` as it stands in an event; the broker gives one to many records."""
    return to_json(moment).decode()


def scored_json(
    event: FeedbackSubmitted,
    feedback_id: UUID,
    received_at: datetime,
    language: str | None,
    score: str,
) -> str:
    """Return the scored event for `event`; `score` is JSON."""
    moment = _moment_json(received_at)
    identity = str(feedback_id)
    feedback = event.data.__pydantic_serializer__.to_json(event.data, exclude_none=True).decode()
    subject = to_json(event.data.customer_id).decode()
    in_language = f'"language":"{language}",' if language else ""
    return (
        f'{{"specversion":"1.0","id":"{identity}","source":"{SOURCE}","time":{moment},'
        f'"subject":{subject},"datacontenttype":"application/json","tenant":"{event.tenant}",'
        f'"data":{{"feedback_id":"{identity}","received_at":{moment},"feedback":{feedback},'
        f'{in_language}"score":{score}}},"type":"{TYPE}"}}'
    )
