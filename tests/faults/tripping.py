"""`python -m tests.faults.tripping`: the scoring worker with a bug that one record meets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

from services.scoring.domain.received import Received
from services.scoring.worker import CONSUMER
from shared.contracts.records import Batch, Committed, Rejected
from shared.kafka.worker import Subscription, run
from shared.settings import Settings
from tests.faults.traffic import TRIPPING_ID


def _with_bug(subscription: Subscription[Received]) -> Subscription[Received]:
    async def commit(batches: Sequence[Batch[Received]]) -> Sequence[Committed]:
        for entry in chain.from_iterable(batch.entries for batch in batches):
            if not isinstance(entry.decoded, Rejected) and entry.decoded.event.id == TRIPPING_ID:
                raise KeyError("a bug put in for the test")
        return await subscription.commit(batches)

    return replace(subscription, commit=commit)


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Sequence[Subscription[Any]]]:
    async with CONSUMER.open(settings) as subscriptions:
        feedback, *others = subscriptions
        yield [_with_bug(feedback), *others]


if __name__ == "__main__":
    run(replace(CONSUMER, open=_open))
