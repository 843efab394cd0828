"""Dead letters: what could not be handled, byte for byte, with the reason beside it.

A dead letter is a CloudEvent in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding):
the message's key and value are the original's own, the headers say where it lay and why it is
here. Its id is computed from the place, so that a repeat after a crash is the same dead letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.catalog import dead_letter_topic
from shared.contracts.dead_letter import DEAD_LETTER
from shared.contracts.records import Outgoing, Record, Rejected
from shared.ids import derived_id

#: A reason longer than this says nothing more; the whole message must stay below its limit.
LONGEST_ATTRIBUTE = 2_000


def dead_letter(
    group: str, topic_id: UUID, record: Record, reason: Rejected, *, at: datetime
) -> Outgoing:
    """Return the message that keeps `record` for a person to look at."""
    attributes = {
        "specversion": "1.0",
        "id": derived_id(group, str(topic_id), record.partition, record.offset),
        "source": f"urn:closedloop:{group}",
        "type": DEAD_LETTER,
        "time": at.isoformat(),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "consumer": group,
        "reasoncode": reason.code,
        "field": reason.field,
        "reason": str(reason),
    }
    return Outgoing(
        topic=dead_letter_topic(group),
        key=record.key,
        value=record.value,
        headers={
            f"ce_{name}": str(value)[:LONGEST_ATTRIBUTE].encode(errors="backslashreplace")
            for name, value in attributes.items()
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter as it lies on its topic."""

    id: str
    consumer: str
    topic: str
    partition: int
    offset: int
    code: str
    field: str
    reason: str
    key: bytes | None
    value: bytes | None


def parse(
    headers: Sequence[tuple[str, bytes | None]], key: bytes | None, value: bytes | None
) -> DeadLetter:
    """Read a dead letter back. Raises KeyError for a message that is none."""
    attributes = {
        name.removeprefix("ce_"): (content or b"").decode(errors="replace")
        for name, content in headers
    }
    return DeadLetter(
        id=attributes["id"],
        consumer=attributes["consumer"],
        topic=attributes["topic"],
        partition=int(attributes["partition"]),
        offset=int(attributes["offset"]),
        code=attributes["reasoncode"],
        field=attributes["field"],
        reason=attributes["reason"],
        key=key,
        value=value,
    )
