"""The moment of an event is its record's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.received import receiver
from shared.contracts.codec import decoder, encode
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Record, Rejected
from tests.unit.scoring.events import event

receive = receiver(decoder(FeedbackSubmitted))


def record(value: bytes, timestamp_ms: int = 0) -> Record:
    return Record("feedback.submitted.v1", 0, 7, None, value, timestamp_ms=timestamp_ms)


@given(st.integers(0, 4_102_444_800_000))
def test_an_event_is_received_at_its_records_millisecond(timestamp_ms: int) -> None:
    received = receive(record(encode(event()), timestamp_ms))

    assert received.event == event()
    assert received.tenant == event().tenant
    since_1970 = received.at - datetime(1970, 1, 1, tzinfo=UTC)
    assert since_1970.total_seconds() * 1000 == pytest.approx(timestamp_ms, abs=1e-3)


def test_what_is_no_event_stays_rejected() -> None:
    with pytest.raises(Rejected):
        receive(record(b"no event"))
