"""What a dead letter says: the original bytes are its value, all else stands in its headers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.contracts.events import Moment, Name, Tolerant

DEAD_LETTER = "dead_letter.v1"

Count = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,18})$")]
Reason = Annotated[str, StringConstraints(max_length=8_192)]


class DeadLetterHeaders(Tolerant):
    """The headers of a dead letter: a CloudEvent in Kafka's binary content mode.

    The message's value is the original record's value, byte for byte, its key the original
    key. `ce_reasoncode` is one of a small stable set of words, `ce_reason` says it in a
    sentence, `ce_field` names the place in the event that is at fault, in dotted form, or is
    empty; `ce_errortype` is the error's class when the fault lies in our own software.
    `ce_topic`, `ce_partition` and `ce_offset` tell where the original lies, `ce_consumer`
    names the group that could not handle it.
    """

    ce_specversion: Literal["1.0"]
    ce_id: Name
    ce_source: Name
    ce_type: Literal["dead_letter.v1"]
    ce_time: Moment
    ce_reasoncode: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]
    ce_reason: Reason
    ce_field: Reason
    ce_errortype: Name | None = None
    ce_topic: Name
    ce_partition: Count
    ce_offset: Count
    ce_consumer: Name
