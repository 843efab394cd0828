"""The sample's publisher: sends the feedback over HTTP, now and then the same event twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from deploy.importing.client import MAX_BATCH_EVENTS, IngestClient
from deploy.sample.errors import SampleError
from deploy.sample.generator import SampleEvent
from deploy.sample.site import Site

#: Publishers that are not sure whether an event arrived send it again.
_REPEATED_SHARE = 0.01


async def publish(
    site: Site, events: Sequence[SampleEvent], *, seed: int, progress: Callable[[int, int], None]
) -> int:
    """Publish `events` in order; return how many of them were sent a second time.

    Raises SampleError when one is refused, ImportFailedError when the server stays away.
    """
    batches = list(_batches(events, seed))
    total = sum(map(len, batches))
    sent = 0
    async with IngestClient.connect(site.base_url, site.publisher_key) as client:
        for batch in batches:
            for verdict in await client.send(batch):
                if verdict is not None:
                    raise SampleError(f"An event was refused: {verdict.field}: {verdict.detail}")
            sent += len(batch)
            progress(sent, total)
    return total - len(events)


def _batches(events: Sequence[SampleEvent], seed: int) -> list[list[bytes]]:
    """Cut the events into batches; a repeated one comes again in the batch after its own."""
    rng = Random(f"closedloop publisher {seed}")  # noqa: S311  (which events are repeated)
    stream: list[bytes] = []
    again: list[bytes] = []
    for number, event in enumerate(events, start=1):
        content = event.encoded()
        stream.append(content)
        if rng.random() < _REPEATED_SHARE:
            again.append(content)
        if number % MAX_BATCH_EVENTS == 0:
            stream += again
            again = []
    stream += again
    return [
        stream[start : start + MAX_BATCH_EVENTS]
        for start in range(0, len(stream), MAX_BATCH_EVENTS)
    ]
