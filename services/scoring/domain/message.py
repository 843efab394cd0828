"""feedback.scored.v1, put together from parts that are JSON already.

It is the event as shared/contracts/codec.py would write it, to the byte (a test holds the two
together), at a third of the cost: the feedback is serialized once, the verdict and the moment
are shared by many events.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal
from uuid import UUID

from pydantic_core import to_json

from services.scoring.domain.analysis import NOTHING_READ, Analysis, probability_of
from services.scoring.domain.scorer import Scored
from shared.contracts.events import FeedbackSubmitted

TYPE: Literal["feedback.scored.v1"] = "feedback.scored.v1"
SOURCE = "urn:closedloop:scoring"

_READ = ("sentiment", "theme", "cause")


@lru_cache(maxsize=64)
def _moment_json(moment: datetime) -> str:
    """Return `moment` as it stands in an event; the broker gives one to many records."""
    return to_json(moment).decode()


@lru_cache(maxsize=1_000)
def _label_json(label: str) -> str:
    return to_json(label).decode()


def _read_json(analysis: Analysis) -> str:
    """Return the fields that tell what was read in the text, a comma after each."""
    if analysis is NOTHING_READ:
        return ""
    found = f'"language":"{analysis.language}",' if analysis.language else ""
    for name, opinion in zip(_READ, analysis[1:4], strict=True):
        if opinion.label is not None:
            label, probability = _label_json(opinion.label), probability_of(opinion)
            found += f'"{name}":{{"label":{label},"probability":{probability}}},'
    if analysis.drivers:
        found += f'"drivers":{to_json(analysis.drivers).decode()},'
    return found


def _rest_json(scored: Scored) -> str:
    """Return the fields that only some events have, a comma after each."""
    found = ""
    if scored.earlier is not None:
        feedback, detractors = scored.earlier
        found = f'"earlier":{{"feedback_30d":{feedback},"detractors_90d":{detractors}}},'
    if scored.review:
        found += f'"review":"{scored.review}",'
    return found + ('"co_creation":true,' if scored.co_creation else "")


def scored_json(
    event: FeedbackSubmitted, feedback_id: UUID, received_at: datetime, scored: Scored
) -> str:
    """Return the scored event for `event`."""
    moment = _moment_json(received_at)
    identity = str(feedback_id)
    feedback = event.data.__pydantic_serializer__.to_json(event.data, exclude_none=True)
    subject = to_json(event.data.customer_id).decode()
    return (
        f'{{"specversion":"1.0","id":"{identity}","source":"{SOURCE}","time":{moment},'
        f'"subject":{subject},"datacontenttype":"application/json","tenant":"{event.tenant}",'
        f'"data":{{"feedback_id":"{identity}","received_at":{moment},'
        f'"feedback":{feedback.decode()},"input_sha256":"{sha256(feedback).hexdigest()}",'
        f"{_read_json(scored.analysis)}{_rest_json(scored)}"
        f'"score":{scored.verdict.json}}},"type":"{TYPE}"}}'
    )
