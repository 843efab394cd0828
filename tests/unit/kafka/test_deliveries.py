from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.deliveries import Chunk, Deliveries, Hole

ONE = TP("feedback", 0)
OTHER = TP("feedback", 1)


@dataclass(frozen=True)
class Raw:
    offset: int
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int = 0


def raws(first: int, last: int) -> list[Raw]:
    return [Raw(offset) for offset in range(first, last + 1)]


def chunk(first: int, last: int, *, at: TP = ONE) -> Chunk:
    return Chunk(at, first, raws(first, last))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_whatever_the_order_of_finishing_only_an_unbroken_run_is_committable(
    sizes: list[int], data: st.DataObject
) -> None:
    deliveries = Deliveries()
    chunks, start = [], 0
    for size in sizes:
        chunks.append(chunk(start, start + size - 1))
        deliveries.hand_out(chunks[-1])
        start += size

    for done in data.draw(st.permutations(chunks)):
        deliveries.finish(done)
        unfinished = [c for c in chunks if not c.finished]
        behind = chunks.index(unfinished[0]) if unfinished else len(chunks)
        assert deliveries.committable(ONE) == (sum(sizes[:behind]) or None)
        assert deliveries.outstanding(ONE) == len(chunks) - behind


def test_nothing_finished_means_nothing_to_commit() -> None:
    deliveries = Deliveries()
    deliveries.hand_out(chunk(0, 4))
    assert deliveries.committable(ONE) is None


def test_records_delivered_before_are_trimmed_away() -> None:
    deliveries = Deliveries()
    deliveries.hand_out(chunk(0, 4))
    assert [r.offset for r in deliveries.trimmed(ONE, raws(3, 7))] == [5, 6, 7]
    assert deliveries.trimmed(ONE, raws(1, 4)) == []
    assert deliveries.hole_before(ONE, raws(5, 7)) is None


def test_a_hole_is_believed_only_when_a_second_fetch_shows_it_again() -> None:
    deliveries = Deliveries()
    deliveries.start(ONE, 10)
    hole = deliveries.hole_before(ONE, raws(15, 20))
    assert hole == Hole(10, 15)
    assert not deliveries.is_confirmed(ONE, hole)
    assert deliveries.is_confirmed(ONE, hole)


def test_another_hole_is_not_confirmed_by_the_first() -> None:
    deliveries = Deliveries()
    deliveries.start(ONE, 10)
    assert not deliveries.is_confirmed(ONE, Hole(10, 15))
    assert not deliveries.is_confirmed(ONE, Hole(10, 12))


def test_where_nothing_was_committed_any_first_record_is_expected() -> None:
    deliveries = Deliveries()
    deliveries.start(ONE, None)
    assert deliveries.hole_before(ONE, raws(7, 9)) is None


def test_a_chunk_finished_after_its_partition_was_taken_away_is_not_committed() -> None:
    deliveries = Deliveries()
    late = chunk(0, 4)
    deliveries.hand_out(late)
    deliveries.forget([ONE])
    deliveries.finish(late)
    assert deliveries.committable(ONE) is None
    assert deliveries.expected(ONE) is None


def test_partitions_do_not_disturb_each_other() -> None:
    deliveries = Deliveries()
    first, second = chunk(0, 4), chunk(100, 104, at=OTHER)
    deliveries.hand_out(first)
    deliveries.hand_out(second)
    deliveries.finish(second)
    assert deliveries.committable(ONE) is None
    assert deliveries.committable(OTHER) == 105
