from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import Batch, Entry, Record, Rejected
from shared.kafka.suspects import HandlerFaultError, Suspects, without


def batch(first: int, last: int) -> Batch[str]:
    return Batch(
        topic="t",
        topic_id=UUID(int=1),
        partition=0,
        first_offset=first,
        last_offset=last,
        entries=[
            Entry(Record(topic="t", partition=0, offset=n, key=None, value=b"x"), "event")
            for n in range(first, last + 1)
        ],
    )


def failed(offset: int, error: Exception | None = None) -> Batch[str]:
    return without(batch(offset, offset), error or ValueError("no such column"))


def test_one_bad_record_among_many_is_buried() -> None:
    suspects = [failed(3)]
    assert Suspects().convicted(batch(0, 99), suspects) == suspects


def test_when_all_of_a_batch_fails_nothing_is_buried_and_the_worker_stops() -> None:
    with pytest.raises(HandlerFaultError, match="100 of 100 events failed"):
        Suspects().convicted(batch(0, 99), [failed(n) for n in range(100)])


def test_single_failures_in_a_row_stop_the_worker_in_the_end() -> None:
    suspects = Suspects()
    for offset in range(5):
        assert suspects.convicted(batch(offset, offset), [failed(offset)])
    with pytest.raises(HandlerFaultError, match="6 in a row"):
        suspects.convicted(batch(5, 5), [failed(5)])


def test_a_success_between_them_ends_a_row_of_failures() -> None:
    suspects = Suspects()
    for offset in range(0, 40, 2):
        suspects.convicted(batch(offset, offset), [failed(offset)])
        suspects.convicted(batch(offset + 1, offset + 1), [])


def test_what_was_rejected_already_and_fails_again_is_our_fault() -> None:
    with pytest.raises(RuntimeError, match="ledger"):
        without(failed(0), RuntimeError("ledger"))


@given(st.text(st.characters(), max_size=50))
def test_whatever_the_error_says_the_reason_can_be_stored(words: str) -> None:
    reason = failed(0, ValueError(words + "\0\ud800")).entries[0].decoded
    assert isinstance(reason, Rejected)
    assert "\0" not in reason.detail
    reason.detail.encode()
