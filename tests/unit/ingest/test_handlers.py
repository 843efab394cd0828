"""Nothing is claimed to be accepted before Kafka has acknowledged it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from services.ingest import handlers
from services.ingest.domain.intake import Accepted
from services.ingest.errors import NotAcknowledgedProblem
from services.ingest.handlers import take_in
from shared.contracts.records import Outgoing, Rejected
from shared.errors import TransientError
from shared.kafka.producer import PublishingError
from tests.unit.ingest.test_intake import EVENT

GOOD = json.dumps(EVENT).encode()


async def test_verdicts_stand_in_the_order_of_the_events_and_only_the_good_are_published() -> None:
    published: list[Outgoing] = []

    async def publish(messages: Sequence[Outgoing]) -> None:
        published.extend(messages)

    verdicts = await take_in([b"[]", GOOD, b"\xff", GOOD], "demo", publish)
    kinds = [type(verdict) for verdict in verdicts]
    assert kinds == [Rejected, Accepted, Rejected, Accepted]
    assert published == [verdict.message for verdict in verdicts if isinstance(verdict, Accepted)]


async def test_a_broker_that_is_away_is_told_with_the_time_to_come_again() -> None:
    async def publish(messages: Sequence[Outgoing]) -> None:
        raise TransientError("Kafka: broker down")

    with pytest.raises(NotAcknowledgedProblem) as refused:
        await take_in([GOOD], "demo", publish)
    assert refused.value.status == 503
    assert int(refused.value.headers["Retry-After"]) > 0


async def test_a_broker_that_does_not_answer_is_not_waited_for_longer_than_agreed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handlers, "ACKNOWLEDGED_WITHIN_S", 0.01)

    async def publish(messages: Sequence[Outgoing]) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NotAcknowledgedProblem):
        await take_in([GOOD], "demo", publish)


async def test_a_fault_of_ours_is_not_called_the_brokers() -> None:
    async def publish(messages: Sequence[Outgoing]) -> None:
        raise PublishingError("Kafka refuses the message: unknown topic")

    with pytest.raises(PublishingError):
        await take_in([GOOD], "demo", publish)
