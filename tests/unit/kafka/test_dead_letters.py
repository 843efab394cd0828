from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.dead_letter import DeadLetterHeaders
from shared.contracts.records import Record, Rejected
from shared.kafka.dead_letters import dead_letter, parse

NOW = datetime(2026, 3, 1, tzinfo=UTC)
reasons = st.builds(
    Rejected,
    st.sampled_from(["not_json", "handler_failed"]),
    st.text(),
    field=st.text(max_size=20),
    remedy=st.text(max_size=20),
)


@given(st.binary(max_size=200) | st.none(), st.binary(max_size=20) | st.none(), reasons)
def test_the_original_comes_back_byte_for_byte_with_its_place(
    value: bytes | None, key: bytes | None, reason: Rejected
) -> None:
    record = Record(topic="feedback.submitted.v1", partition=3, offset=2**40, key=key, value=value)
    message = dead_letter("scoring", UUID(int=7), record, reason, at=NOW)
    letter = parse(list(message.headers.items()), message.key, message.value)
    assert message.topic == "scoring.dead-letter.v1"
    assert (letter.key, letter.value) == (key, value)
    assert (letter.topic, letter.partition, letter.offset) == (record.topic, 3, 2**40)
    assert letter.code == reason.code


def test_the_same_record_is_the_same_dead_letter_each_time() -> None:
    record = Record(topic="t", partition=0, offset=1, key=None, value=b"x")
    ids = {
        dead_letter("scoring", UUID(int=topic), record, Rejected("empty", why), at=NOW).headers[
            "ce_id"
        ]
        for topic, why in [(1, "a"), (1, "b")]
    }
    assert len(ids) == 1


def test_the_headers_keep_the_contract() -> None:
    record = Record(topic="t", partition=0, offset=1, key=None, value=b"x")
    message = dead_letter("scoring", UUID(int=1), record, Rejected("empty", "No."), at=NOW)
    DeadLetterHeaders.model_validate_json(
        json.dumps({k: v.decode() for k, v in message.headers.items()})
    )
