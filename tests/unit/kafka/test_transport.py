"""What a fetch asks for, and how long it may wait."""

from __future__ import annotations

from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from shared.kafka.deliveries import Deliveries
from shared.kafka.transport import BUSY_FETCH_WAIT_S, CHUNKS_IN_HAND, Consumer
from tests.unit.kafka.test_deliveries import chunk

FULL, EMPTY = TP("feedback", 0), TP("feedback", 1)


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[TP] | None, float]]:
    """What the driver beneath is asked for: partitions and seconds."""
    asked: list[tuple[set[TP] | None, float]] = []

    async def fetch(_: Any, partitions: set[TP] | None, timeout: float) -> dict[TP, Any]:  # noqa: ANN401, ASYNC109
        asked.append((partitions, timeout))
        return {}

    monkeypatch.setattr(driver.Consumer, "_getmany", fetch)
    return asked


@pytest.fixture
def consumer() -> Consumer:
    made = Consumer.__new__(Consumer)
    made.deliveries = Deliveries()
    return made


def fill(consumer: Consumer, partition: TP, chunks: int) -> None:
    for number in range(chunks):
        consumer.deliveries.hand_out(chunk(number, number, at=partition))


async def test_fetches_from_all_with_patience_where_all_have_room(
    consumer: Consumer, fetches: list[Any]
) -> None:
    fill(consumer, FULL, CHUNKS_IN_HAND - 1)

    await consumer._getmany({FULL, EMPTY}, 1.0)

    assert fetches == [({FULL, EMPTY}, 1.0)]


async def test_hurries_while_a_partition_lacks_room(consumer: Consumer, fetches: list[Any]) -> None:
    fill(consumer, FULL, CHUNKS_IN_HAND)

    await consumer._getmany({FULL, EMPTY}, 1.0)

    assert fetches == [({EMPTY}, BUSY_FETCH_WAIT_S)]


async def test_fetches_nothing_where_none_has_room(consumer: Consumer, fetches: list[Any]) -> None:
    fill(consumer, FULL, CHUNKS_IN_HAND)

    assert await consumer._getmany({FULL}, 1.0) == {}
    assert fetches == []
